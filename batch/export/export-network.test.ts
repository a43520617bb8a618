/** @file Exports against the trainer's own forward pass, in the runtimes that come with the project. */
import { InferenceSession } from 'onnxruntime-node';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import { exportRecordSchema } from '../../shared/contract/export.ts';
import { decodeSafetensors } from '../../shared/weights/safetensors.ts';
import { selectBackend } from '../backend/select.ts';
import type { ConvNet } from '../network/conv-net.ts';
import { networkOf } from '../network/from-architecture.ts';
import { loadOwnWeights } from '../run/saved-state.ts';
import { Exporter, type ExportForm, type ExportSource, type FinishedExport } from './export-network.ts';
import { noiseImages } from './images.ts';
import { referenceOutputs } from './outputs.ts';
import { preprocessingFor } from './prepare.ts';
import { runTfjs } from './run-tfjs.ts';
import { testArchitecture, trainedNetwork, unknownFacts } from './test-network.ts';

const images = { check: noiseImages(32, 20), calibration: null };
const labels = Array.from({ length: 10 }, (_, i) => `class | ${i}`);
let source: ExportSource;
beforeAll(async () => {
  await selectBackend('wasm');
  source = {
    ...trainedNetwork(testArchitecture()),
    labels,
    preprocessing: preprocessingFor(32),
    facts: unknownFacts,
  };
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const make = (form: Partial<ExportForm>, changed: Partial<ExportSource> = {}) =>
  new Exporter({ ...source, ...changed }, images).make({ format: 'onnx', features: false, unfolded: false, ...form });

function fileOf({ files }: FinishedExport, name: string): Uint8Array {
  return files.find((file) => file.name === name)!.bytes;
}

describe.each([
  ['onnx', { format: 'onnx' }],
  ['onnx-unfolded', { format: 'onnx', unfolded: true }],
  ['onnx-features', { format: 'onnx', features: true }],
  ['tfjs', { format: 'tfjs' }],
  ['tfjs-features', { format: 'tfjs', features: true }],
] as const)('%s', (folder, form) => {
  test('gives what the trainer gives', async () => {
    const made = await make(form);
    const { check, unchecked, outputs } = made.record;
    expect(made.folder).toBe(folder);
    expect(unchecked).toBeNull();
    expect(check!.images).toBe(20);
    expect(check!.largestOutput).toBeGreaterThan(1);
    const features = 'features' in form;
    expect(check!.largestDifference).toBeLessThan(1e-4 * (features ? check!.largestOutput : 1));
    expect(check!.top1Agreement).toBe(features ? null : 1);
    expect(outputs.map(({ name }) => name)).toEqual(features ? ['stride4', 'stride8'] : ['output']);
    const description = JSON.parse(new TextDecoder().decode(fileOf(made, 'export.json')));
    expect(exportRecordSchema.parse(description)).toEqual(made.record);
  });
});

test('an ONNX file takes any number of images, and of its own size only', async () => {
  const { Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(fileOf(await make({}), 'network.onnx'));
  for (const count of [1, 3]) {
    const input = new Tensor('float32', new Float32Array(count * 3 * 32 * 32), [count, 3, 32, 32]);
    expect((await session.run({ input })).output!.dims).toEqual([count, 10]);
  }
  const large = new Tensor('float32', new Float32Array(3 * 64 * 64), [1, 3, 64, 64]);
  await expect(session.run({ input: large })).rejects.toThrow(/Got invalid dimensions.*64 Expected: 32/s);
});

test('a file that is not the network is not given out', async () => {
  const other = new Map(source.tensors);
  const bias = Float32Array.from(other.get('classifier.bias')!.data as Float32Array);
  bias[0]! += 0.001;
  other.set('classifier.bias', { shape: [10], data: bias });
  await expect(make({}, { tensors: other })).rejects.toMatchObject({
    code: 'export.differs',
    message: expect.stringMatching(/^the export differs from the trained network by 0\.00\d+ in onnxruntime-node/),
  });
});

test('without Python, its files are there and say that nothing has run them', async () => {
  vi.stubEnv('FASTPATH_PYTHON', '/nowhere/python');
  for (const format of ['pytorch', 'keras'] as const) {
    const made = await make({ format });
    expect(made.record.check).toBeNull();
    expect(made.record.unchecked).toBe('there is no /nowhere/python: install Python 3, or name one in FASTPATH_PYTHON');
    const { tensors } = decodeSafetensors(fileOf(made, 'check.safetensors'));
    expect(tensors.get('output')!.shape).toEqual([8, 10]);
    expect(tensors.get('images')!.shape).toEqual(format === 'pytorch' ? [8, 3, 32, 32] : [8, 32, 32, 3]);
  }
});

test('a TensorFlow.js file refuses images of another size', async () => {
  const { files } = await make({ format: 'tfjs' });
  await expect(runTfjs(files, noiseImages(64, 1))).rejects.toThrow(/shape.*64/s);
});

test('the native form is read by the trainer, which then computes the same', async () => {
  const { tensors } = decodeSafetensors(fileOf(await make({ format: 'safetensors' }), 'weights.safetensors'));
  const json = JSON.parse(new TextDecoder().decode(fileOf(await make({ format: 'safetensors' }), 'architecture.json')));
  const read = networkOf(parseArchitecture(json), { seed: 9 });
  loadOwnWeights(read, tensors);
  const outputs = (network: ConvNet) => referenceOutputs(network, source.architecture, false, images.check);
  expect(outputs(read)).toEqual(outputs(source.network));
});

test('the native form holds all weights to the last bit, with the labels', async () => {
  const { tensors, metadata } = decodeSafetensors(fileOf(await make({ format: 'safetensors' }), 'weights.safetensors'));
  expect(tensors).toEqual(source.tensors);
  expect(JSON.parse(metadata.labels!)).toEqual(labels);
});

test.each([
  [{ format: 'safetensors', features: true }, 'export.form', /^safetensors holds the whole network/],
  [{ format: 'tfjs', unfolded: true }, 'export.form', /^batch norm can be left unfolded in onnx, not in tfjs$/],
  [{ format: 'onnx-int8' }, 'export.no-images', /^onnx-int8 needs images to calibrate with: give --data$/],
] as const)('what cannot be is said: %j', async (form, code, message) => {
  await expect(make(form)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('nothing in a class name becomes markup in the model card', async () => {
  const hostile = labels.map((_, i) => `<img src=x>|[a](b)\n# ${i}`);
  const card = new TextDecoder().decode(fileOf(await make({}, { labels: hostile }), 'model-card.md'));
  expect(card).toContain('0. \\<img src=x\\>\\|\\[a\\](b) \\# 0\n');
  expect(card).not.toMatch(/^# 0/m);
});
