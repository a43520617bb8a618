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

test('people are told what was compared with what', async () => {
  const { out, code } = await command.run('export', 'trained', '--format', 'onnx', '--features', '--out', 'told');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^onnx: told\/onnx-features \(\d+ kB\)\n {2}differs by at most \S+ from the trainer: 128 images of seeded noise, onnxruntime-node 1\.\S+\n$/,
  );
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
    await writeFile(join(root, 'others.txt'), Array.from({ length: 10 }, (_, i) => `other ${i}\n`).join(''));
    await refused(
      /^error: class 0 of \S+shards is synthetic-\S+ and the network's is other 0: /,
      'trained',
      '--format',
      'onnx',
      '--labels',
      'others.txt',
      '--data',
      'shards',
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
