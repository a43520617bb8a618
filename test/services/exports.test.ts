/**
 * @file Every export on real images, in the framework that it is for: PyTorch, Keras on TensorFlow, ONNX Runtime and its
 * quantisation tool. Brings their Pythons where they are missing.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { selectBackend } from '../../batch/backend/select.ts';
import type { ExportForm } from '../../batch/export/export-network.ts';
import { writeExport } from '../../batch/export/write-folder.ts';
import { frameworks, pythonOf, pytorch } from '../python-environment.ts';
import { checkedImages, type ExportSetting, exportSetting } from './export-setting.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 1_200_000 });

let folder: string;
let pythons: { pytorch: string; frameworks: string };
beforeAll(async () => {
  pythons = { pytorch: pythonOf(pytorch), frameworks: pythonOf(frameworks) };
  folder = await mkdtemp(join(tmpdir(), 'fastpath-exports-'));
  await selectBackend('wasm');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

type Wanted = Pick<ExportForm, 'format'> & Partial<ExportForm> & { python?: keyof typeof pythons };

/** The form, which was run by its framework on all images and agrees with the trainer. */
async function agreeing({ exporter }: ExportSetting, { python, ...wanted }: Wanted) {
  if (python !== undefined) vi.stubEnv('FASTPATH_PYTHON', pythons[python]);
  const form = { features: false, unfolded: false, ...wanted };
  const made = await exporter.make(form);
  const { check } = made.record;
  expect(check).not.toBeNull();
  const { images, largestDifference, largestOutput, top1Agreement, runtime, source } = check!;
  console.log(`${made.folder}: ${largestDifference.toExponential(1)} of ${largestOutput.toFixed(1)}, ${runtime}`);
  expect([images, source]).toEqual([checkedImages, expect.stringMatching(/^test images of /)]);
  expect(largestOutput).toBeGreaterThan(0.1);
  expect(largestDifference).toBeLessThanOrEqual(1e-4 * (form.features ? Math.max(1, largestOutput) : 1));
  expect(top1Agreement).toBe(form.features ? null : 1);
  return made;
}

describe('a network trained on CIFAR-10', () => {
  let setting: ExportSetting;
  beforeAll(async () => {
    setting = await exportSetting('cifar10', 'tiny', 32, join(folder, 'cache'), 100);
  });

  test.each<Wanted>([
    { format: 'onnx' },
    { format: 'onnx', unfolded: true },
    { format: 'onnx', features: true },
    { format: 'tfjs' },
    { format: 'tfjs', features: true },
    { format: 'pytorch', python: 'pytorch' },
    { format: 'pytorch', features: true, python: 'pytorch' },
    { format: 'keras', python: 'frameworks' },
    { format: 'keras', features: true, python: 'frameworks' },
  ])('agrees with the trainer: %j', async (wanted) => {
    await agreeing(setting, wanted);
  });

  test.each(['pytorch', 'keras'] as const)(
    'the %s file checks itself, and refuses images of another size',
    async (format) => {
      const python = pythons[format === 'pytorch' ? 'pytorch' : 'frameworks'];
      const place = await writeExport(
        folder,
        await agreeing(setting, { format, python: format === 'pytorch' ? 'pytorch' : 'frameworks' }),
      );
      const run = (...args: string[]) =>
        execFileSync(python, args, { cwd: place, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      expect(run('network.py')).toMatch(/^\{'images': 8, 'largest_difference': \d/m);
      const wrongSize =
        format === 'pytorch'
          ? 'import torch, network; network.load()(torch.zeros(1, 3, 48, 48))'
          : 'import numpy, network; network.load()(numpy.zeros((1, 48, 48, 3)))';
      expect(() => run('-c', wrongSize)).toThrow(/(must be \[n, 3, 32, 32\]|expected shape=\(None, 32, 32, 3\)).*48/i);
    },
  );

  test('8-bit integers: calibrated on real images, a quarter of the size, accuracy before and after', async () => {
    vi.stubEnv('FASTPATH_PYTHON', pythons.frameworks);
    const form = { format: 'onnx-int8', features: false, unfolded: false } as const;
    const { record, files } = await setting.exporter.make(form);
    const { tool, calibrationImages, images, top1Before, top1After } = record.quantisation!;
    console.log(`int8: top-1 ${top1Before} before, ${top1After} after; agreement ${record.check!.top1Agreement}`);
    expect(tool).toMatch(/^onnxruntime\.quantization 1\./);
    expect([calibrationImages, images]).toEqual([checkedImages, checkedImages]);
    // Ten classes, a hundred steps: far over chance, and 8 bits take little of it.
    expect(top1Before).toBeGreaterThan(0.2);
    expect(Math.abs(top1After! - top1Before!)).toBeLessThan(0.05);
    expect(record.check!.top1Agreement).toBeGreaterThan(0.85);
    expect(record.check!.largestDifference).toBeGreaterThan(1e-4);
    const model = files.find(({ name }) => name === 'network.onnx')!.bytes;
    expect(Buffer.from(model).includes('QuantizeLinear')).toBe(true);
    expect(Buffer.from(model).includes('"mean":[0.485')).toBe(true);
    const float = await agreeing(setting, { format: 'onnx' });
    expect(model.length).toBeLessThan(float.files[0]!.bytes.length * 0.6);
  });

  test('8-bit integers of the feature maps run, and stay near those of the trainer', async () => {
    vi.stubEnv('FASTPATH_PYTHON', pythons.frameworks);
    const { record } = await setting.exporter.make({ format: 'onnx-int8', features: true, unfolded: false });
    expect(record.outputs.map(({ stride }) => stride)).toEqual([4, 8]);
    expect(record.check!.images).toBe(checkedImages);
    expect(record.check!.largestDifference).toBeLessThan(0.5 * record.check!.largestOutput);
    expect(record.quantisation).toMatchObject({ top1Before: null, top1After: null });
  });
});

describe('a network at 224 pixels on ten classes of ImageNet', () => {
  let setting: ExportSetting;
  beforeAll(async () => {
    setting = await exportSetting('imagenette224', 'mobile-inverted-residual', 224, join(folder, 'cache'), 0);
  });

  test.each<Wanted>([{ format: 'onnx' }, { format: 'onnx', unfolded: true }, { format: 'onnx', features: true }])(
    'agrees with the trainer: %j',
    async (wanted) => {
      await agreeing(setting, wanted);
    },
  );
});
