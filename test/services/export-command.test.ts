/** @file `fastpath export` as people run it: what it leaves, and what is wrong with what they give. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { selectBackend } from '../../batch/backend/select.ts';
import { testArchitecture, trainedNetwork } from '../../batch/export/test-network.ts';
import { architectureId } from '../../shared/architecture/identity.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { exportRecordSchema } from '../../shared/contract/export.ts';
import type { Metrics } from '../../shared/contract/result.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';
import { Command } from '../integration/command.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let root: string;
let shards: string;
let command: Command;
const architecture = testArchitecture();

async function writeNetwork(folder: string, network: Architecture, tensors: ReadonlyMap<string, Tensor>) {
  await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, folder, 'architecture.json'), JSON.stringify(network));
  const metadata = { architectureId: architectureId(network) };
  await writeFile(join(root, folder, 'weights.safetensors'), encodeSafetensors(tensors, metadata));
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-export-'));
  command = new Command(root, { FASTPATH_PYTHON: '/nowhere/python' });
  shards = await writeTinyImages(join(root, 'shards'));
  await selectBackend('wasm');
  await writeNetwork('trained', architecture, trainedNetwork(architecture).tensors);
  const wider = { ...architecture, head: { channels: 96 } };
  await writeNetwork('wider', wider, trainedNetwork(wider).tensors);
  const { blocks } = architecture;
  const shorter = { ...architecture, blocks: blocks.slice(0, -1) };
  await writeNetwork('shorter', shorter, trainedNetwork(shorter).tensors);
  const noSpec = { ...architecture, classes: 9 };
  await writeNetwork('nine', noSpec, trainedNetwork(noSpec).tensors);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function exported(...args: string[]) {
  const { code, out, err } = await command.run('export', ...args, '--json');
  expect(code, err).toBe(0);
  return { records: JSON.parse(out) as { folder: string }[], err };
}

test('a folder of results gets a folder for each format, checked on the images given', async () => {
  const formats = 'onnx,tfjs,pytorch,keras,safetensors';
  const { records } = await exported('trained', '--format', formats, '--data', 'shards', '--images', '24');
  expect(records.map(({ folder }) => folder)).toEqual(
    formats.split(',').map((format) => join('trained', 'exports', format)),
  );
  for (const { folder, ...record } of records) {
    const { files, labels, check, form } = exportRecordSchema.parse(record);
    const names = [...files.map(({ name }) => name), 'export.json', 'model-card.md'].sort();
    expect((await readdir(join(root, folder))).sort()).toEqual(names);
    expect(labels).toHaveLength(10);
    if (form === 'onnx' || form === 'tfjs') {
      expect(check).toMatchObject({ images: 24, source: `test images of ${shards}`, top1Agreement: 1 });
      expect(check!.largestDifference).toBeLessThan(1e-4);
    }
  }
  const model = await readFile(join(root, 'trained/exports/onnx/network.onnx'));
  expect((await InferenceSession.create(model)).inputNames).toEqual(['input']);
});

test('labels given are what the files call the classes, on images of the classes trained with', async () => {
  await writeFile(join(root, 'readable.txt'), Array.from({ length: 10 }, (_, i) => `readable ${i}\n`).join(''));
  const args = ['--data', 'shards', '--labels', 'readable.txt', '--out', 'labelled'];
  const { records } = await exported('trained', '--format', 'safetensors', ...args);
  expect(records[0]).toMatchObject({ labels: expect.arrayContaining(['readable 0', 'readable 9']) });
});

test('people are told what was compared with what', async () => {
  const { out, code } = await command.run('export', 'trained', '--format', 'onnx', '--features', '--out', 'told');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^onnx: told\/onnx-features \(\d+ kB\)\n {2}differs by at most \S+ from the trainer: 256 images of seeded noise, onnxruntime-node 1\.\S+\n$/,
  );
});

test('with all, what fails is told and the others are there; the exit and JSON say both', async () => {
  const { code, out, err } = await command.run('export', 'trained', '--format', 'all', '--out', 'every', '--json');
  const records = JSON.parse(out) as { form: string }[];
  expect(records.map(({ form }) => form)).toEqual(['onnx', 'pytorch', 'keras', 'tfjs', 'safetensors']);
  const reason = 'onnx-int8 needs images to calibrate with: give --data';
  expect(err).toBe(`no onnx-int8: ${reason}\nerror: ${reason}\n`);
  expect(code).toBe(1);
  expect((await readdir(join(root, 'every'))).sort()).toEqual(['keras', 'onnx', 'pytorch', 'safetensors', 'tfjs']);
});

test('all are those that have what else is asked for', async () => {
  const { out } = await command.run('export', 'trained', '--format', 'all', '--features', '--out', 'maps', '--json');
  const forms = (JSON.parse(out) as { form: string }[]).map(({ form }) => form);
  expect(forms).toEqual(['onnx', 'pytorch', 'keras', 'tfjs']);
  const { records } = await exported('trained', '--format', 'all', '--unfolded', '--out', 'apart');
  expect(records.map(({ folder }) => folder)).toEqual(['apart/onnx-unfolded']);
});

test('weights with a number that is none are refused', async () => {
  const { tensors } = trainedNetwork(architecture);
  const bias = (tensors.get('classifier.bias')!.data as Float32Array).with(3, Number.NaN);
  await writeNetwork('nan', architecture, new Map([...tensors, ['classifier.bias', { shape: [10], data: bias }]]));
  await command.expectRefusal(
    ['export', 'nan', '--format', 'safetensors'],
    /^error: the weights have NaN in classifier\.bias: train the network again, or give other weights$/,
  );
});

describe('the model card', () => {
  const metrics: Metrics = {
    ...{ format: 'fastpath.metrics/1', architectureId: '0', seed: 7, backend: 'wasm', dataFingerprint: 'abc' },
    ...{ macs: 1, parameters: 1, peakActivationBytes: 1, weights: 'trained', search: null, skippedImages: 0 },
    latency: [{ hardware: 'my-phone', budgetMs: 5, latencyMs: 4.5, lowMs: 4.25, highMs: 4.75, flags: [] }],
    evaluation: { split: 'test', images: 400, loss: 1, top1: 0.75, top5: 0.99 },
  };
  const card = async (out: string, ...args: string[]) => {
    await writeNetwork('measured', architecture, trainedNetwork(architecture).tensors);
    await writeFile(join(root, 'measured/metrics.json'), JSON.stringify(metrics));
    await exported('measured', '--format', 'safetensors', '--out', out, ...args);
    return readFile(join(root, out, 'safetensors/model-card.md'), 'utf8');
  };
  const onZen = /^\| amd-epyc-zen5-ort-1t \| \S+ (ms|µs) \(\S+ (ms|µs) to \S+ (ms|µs)\) \| – \|$/m;

  test('tells what the search predicted, and what is predicted for other devices', async () => {
    const text = await card('card', '--hardware', 'amd-epyc-zen5-ort-1t');
    expect(text).toContain('| my-phone | 4.50 ms (4.25 ms to 4.75 ms) | 5.00 ms |\n');
    expect(text).toMatch(onZen);
  });

  test('tells nothing of another input side that was found at the one trained for', async () => {
    const text = await card('card-48', '--hardware', 'amd-epyc-zen5-ort-1t', '--resolution', '48');
    expect(text).toContain(
      'on 400 test images at 32 × 32 pixels, which the weights were trained for; not known at 48 |',
    );
    expect(text).not.toContain('my-phone');
    expect(text).toMatch(onZen);
  });

  test('of a device that is not known is refused', () =>
    command.expectRefusal(
      ['export', 'trained', '--format', 'safetensors', '--hardware', 'my-toaster'],
      /^error: .*my-toaster/,
    ));
});

test('another input side, for a network whose weights allow any', async () => {
  const { records, err } = await exported('trained', '--format', 'onnx', '--resolution', '64', '--out', 'larger');
  expect(records[0]).toMatchObject({ input: [-1, 3, 64, 64] });
  expect(err).toMatch(
    /^note: the weights say that they are of network [0-9a-f]{16}, and this is [0-9a-f]{16}: their shapes fit it\n$/,
  );
});

test('exporting again replaces the export, and nothing else', async () => {
  const args = ['trained', '--format', 'safetensors', '--out', 'again'];
  await exported(...args);
  await exported(...args);
  expect(await readdir(join(root, 'again'))).toEqual(['safetensors']);
  await rm(join(root, 'again/safetensors/export.json'));
  await command.expectRefusal(
    ['export', ...args],
    /^error: again\/safetensors holds something else than an export: choose another --out$/,
  );
  expect(existsSync(join(root, 'again/safetensors/weights.safetensors'))).toBe(true);
});

describe('what is wrong is said in one line', () => {
  const refused = (line: RegExp, ...args: string[]) => command.expectRefusal(['export', ...args], line);

  test('export before training', async () => {
    await mkdir(join(root, 'untrained'), { recursive: true });
    await writeFile(join(root, 'untrained/architecture.json'), JSON.stringify(architecture));
    const advice = 'train it first \\(fastpath train --architecture …\\), or give --weights weights.safetensors$';
    await refused(
      new RegExp(`^error: there are no weights at untrained/weights.safetensors: ${advice}`),
      'untrained',
      '--format',
      'onnx',
    );
    await refused(
      new RegExp(`^error: untrained/architecture.json is an architecture without weights: ${advice}`),
      'untrained/architecture.json',
      '--format',
      'onnx',
    );
  });

  test('weights of another network: a shape', () =>
    refused(
      /^error: the weights have head\.weight as \[1,1,40,96\] where the network needs \[1,1,40,128\]: they are of another network$/,
      ...['trained', '--weights', 'wider/weights.safetensors', '--format', 'onnx'],
    ));

  test('weights of another network: a layer that is missing, and one too many', async () => {
    await refused(
      /^error: the weights hold no float32 tensor blocks\.8\.\S+ \[.*\]; they are of another network$/,
      ...['trained', '--weights', 'shorter/weights.safetensors', '--format', 'onnx'],
    );
    await refused(
      /^error: the weights hold blocks\.8\.\S+ \[.*\], which the network has not: they are of another network$/,
      ...['shorter', '--weights', 'trained/weights.safetensors', '--format', 'onnx'],
    );
  });

  test('a file that holds no weights', async () => {
    await writeFile(join(root, 'text'), 'no weights');
    await refused(/^error: not a valid safetensors file: /, 'trained', '--weights', 'text', '--format', 'onnx');
  });

  test('an input side that the strides do not divide', () =>
    refused(
      /^error: architecture: resolution 33 is not a multiple of the total stride 8: use 32 or 40$/,
      ...['trained', '--format', 'onnx', '--resolution', '33'],
    ));

  test('labels and classes that do not match', async () => {
    await writeFile(join(root, 'labels.txt'), 'cat\ndog\n');
    await refused(
      /^error: there are 2 labels and the network has 10 classes: give one label for each$/,
      'trained',
      '--format',
      'onnx',
      '--labels',
      'labels.txt',
    );
    await refused(
      /^error: \S+shards has 10 classes and the network 9: give the images that it was trained on$/,
      'nine',
      '--format',
      'onnx',
      '--data',
      'shards',
    );
    const metadata = { labels: JSON.stringify(Array.from({ length: 10 }, (_, i) => `other ${i}`)) };
    await writeFile(
      join(root, 'others.safetensors'),
      encodeSafetensors(trainedNetwork(architecture).tensors, metadata),
    );
    await refused(
      /^error: class 0 of \S+shards is synthetic-\S+ and the network's is other 0: /,
      ...['trained', '--weights', 'others.safetensors', '--format', 'onnx', '--data', 'shards'],
    );
  });

  test('a format that there is not, and forms that there are not', async () => {
    await refused(
      /^error: there is no format tflite: use onnx, onnx-int8, pytorch, keras, tfjs, safetensors or all$/,
      'trained',
      '--format',
      'tflite',
    );
    await refused(
      /^error: batch norm can be left unfolded in onnx, not in tfjs$/,
      'trained',
      '--format',
      'tfjs',
      '--unfolded',
    );
  });

  test('int8 without images, and without Python', async () => {
    await refused(/^error: onnx-int8 needs images to calibrate with: give --data$/, 'trained', '--format', 'onnx-int8');
    await refused(
      /^error: there is no \/nowhere\/python: install Python 3, or name one in FASTPATH_PYTHON$/,
      'trained',
      '--format',
      'onnx-int8',
      '--data',
      'shards',
    );
    expect(existsSync(join(root, 'trained/exports/onnx-int8'))).toBe(false);
  });

  test('results of another version', async () => {
    await writeNetwork('old', architecture, new Map());
    await writeFile(join(root, 'old/metrics.json'), '{"format":"fastpath.metrics/0"}');
    await refused(
      /^error: old\/metrics\.json is not as this version of Fastpath writes it: /,
      'old',
      '--format',
      'onnx',
    );
  });
});
