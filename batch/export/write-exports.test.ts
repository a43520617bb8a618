/** @file Exports beside a finished result: what cannot be made is told, and costs nothing else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { exportRecordSchema } from '../../shared/contract/export.ts';
import { FastpathError } from '../../shared/errors.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { selectBackend } from '../backend/select.ts';
import { noLimit } from '../run/compute-limit.ts';
import type { JobContext } from '../run/context.ts';
import { ProgressWriter } from '../run/progress-writer.ts';
import { Stopped, stopSignal } from '../run/stop.ts';
import { noiseImages } from './images.ts';
import { testArchitecture, trainedNetwork, unknownFacts } from './test-network.ts';
import { type ExportOrder, writeExports } from './write-exports.ts';

let root: string;
let trained: ReturnType<typeof trainedNetwork>;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-write-exports-'));
  await selectBackend('wasm');
  trained = trainedNetwork(testArchitecture());
});
afterAll(() => rm(root, { recursive: true, force: true }));
afterEach(() => {
  vi.doUnmock('./export-network.ts');
  vi.resetModules();
});

const all = Uint32Array.from({ length: 300 }, (_, i) => i);

/** Noise, as many images as are asked for. */
const images: ExportOrder['images'] = {
  dataSet: {
    ...{ uri: 'noise', kind: 'folder', fingerprint: '0', labels: new Uint16Array(300), train: all, val: all },
    classes: Array.from({ length: 10 }, (_, i) => `class ${i}`),
  },
  loader: ({ resolution, batchSize }) => ({
    ...{ resolution, batchSize, batchesPerEpoch: 1, recycle: () => {}, close: async () => {} },
    get: async () => {
      const { pixels } = noiseImages(resolution, batchSize);
      return { images: pixels, labels: new Int32Array(batchSize), skipped: 0 };
    },
  }),
};

/** A store where `fault` may throw before something is put. */
class FaultyStore extends DirectoryStore {
  fault = (_key: string): void => {};

  override put(...args: Parameters<DirectoryStore['put']>) {
    this.fault(args[0]);
    return super.put(...args);
  }

  async text(key: string): Promise<string> {
    const object = await this.get(key);
    return object === null ? '' : Buffer.from(object.bytes).toString();
  }
}

/** Writes ONNX and safetensors into a store of its own. */
async function written(changed: Partial<ExportOrder> & { fault?: FaultyStore['fault']; stopped?: boolean } = {}) {
  const { fault = () => {}, stopped = false, ...order } = changed;
  const store = new FaultyStore(await mkdtemp(join(root, 'store-')));
  store.fault = fault;
  const progress = await ProgressWriter.open(store, 's');
  const context = { store, prefix: 's', progress, stop: stopSignal(() => stopped), limit: noLimit };
  const { architecture, network } = trained;
  const usual: ExportOrder = { architecture, network, images, facts: unknownFacts, formats: ['onnx', 'safetensors'] };
  await writeExports(context as Partial<JobContext> as JobContext, { ...usual, ...order });
  const forms = new Set<string>();
  for await (const { key } of store.list('s/result/exports/')) forms.add(key.split('/')[3]!);
  const notes = (await store.text('s/progress/000001.jsonl')).split('\n').filter((line) => line !== '');
  const warnings = notes.map((line) => (JSON.parse(line) as { message: string }).message);
  return { store, forms: [...forms], warnings };
}

test('each form is there, checked on 256 images', async () => {
  const { store, forms, warnings } = await written();
  expect(forms).toEqual(['onnx', 'safetensors']);
  expect(warnings).toEqual([]);
  const record = exportRecordSchema.parse(JSON.parse(await store.text('s/result/exports/onnx/export.json')));
  expect(record.check).toMatchObject({ images: 256, source: 'test images of noise', top1Agreement: 1 });
});

test('a form that fails, for whatever reason, is a warning beside the others', async () => {
  const fault = (key: string) => {
    if (key.includes('exports/onnx/')) throw new Error('ENOSPC: no space left on device, write');
  };
  const { forms, warnings } = await written({ fault });
  expect(forms).toEqual(['safetensors']);
  expect(warnings).toEqual(['no export onnx: ENOSPC: no space left on device, write']);
});

test('a runtime that is not installed, and images that cannot be read, are warnings too', async () => {
  vi.doMock('./export-network.ts', () => {
    throw new Error("Cannot find package 'onnxruntime-node'");
  });
  const missing = await written();
  expect(missing.forms).toEqual([]);
  expect(missing.warnings).toEqual([expect.stringMatching(/^no exports: /)]);
  vi.doUnmock('./export-network.ts');
  vi.resetModules();
  const loader = () => {
    throw new TypeError('the image cannot be decoded');
  };
  const unread = await written({ images: { ...images, loader } });
  expect(unread.warnings).toEqual(['no exports: the image cannot be decoded']);
});

test('a stop, and what another attempt may mend, end the job', async () => {
  await expect(written({ stopped: true })).rejects.toThrow(Stopped);
  const fault = (key: string) => {
    if (key.includes('exports/')) throw new FastpathError('store.away', 'the store does not answer', { retry: true });
  };
  await expect(written({ fault })).rejects.toMatchObject({ code: 'store.away' });
});
