/** @file From a request to what is exported: whose labels are compared with what, and what the files call the classes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExportRequest } from '../../shared/contract/export.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import { selectBackend } from '../backend/select.ts';
import { writeSynthetic } from '../data/synthetic.ts';
import { prepareExport } from './prepare.ts';
import { testArchitecture, trainedNetwork, unknownFacts } from './test-network.ts';

let root: string;
let request: ExportRequest;
let classes: readonly string[];
const readable = Array.from({ length: 10 }, (_, i) => `readable ${i}`);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-prepare-'));
  await writeSynthetic(new DirectoryStore(join(root, 'data')), { seed: 1, train: 20, val: 10 });
  classes = (await openDataSet(join(root, 'data'), { cacheDirectory: join(root, 'cache') })).classes;
  await selectBackend('wasm');
  const { architecture, tensors } = trainedNetwork(testArchitecture());
  const weights = join(root, 'weights.safetensors');
  await writeFile(weights, encodeSafetensors(tensors, {}));
  request = {
    ...{ architecture, weights, labels: null, givenLabels: null, images: 4, out: root, ...unknownFacts },
    data: { uri: join(root, 'data'), required: true },
    forms: [{ format: 'onnx', features: false, unfolded: false }],
  };
});
afterAll(() => rm(root, { recursive: true, force: true }));

const labelsOf = async (changed: Partial<ExportRequest>) =>
  (await prepareExport({ ...request, ...changed }, join(root, 'cache'), () => {})).source.labels;

test('given labels are what files call the classes; the trained ones are what the images are compared with', async () => {
  expect(await labelsOf({})).toEqual(classes);
  expect(await labelsOf({ givenLabels: readable })).toEqual(readable);
  expect(await labelsOf({ labels: [...classes], givenLabels: readable })).toEqual(readable);
  expect(await labelsOf({ data: null, labels: [...classes], givenLabels: readable })).toEqual(readable);
});

test('images of other classes than those it was trained with are refused, whatever labels are given', async () => {
  const labels = classes.toReversed();
  await expect(labelsOf({ labels, givenLabels: [...classes] })).rejects.toMatchObject({
    code: 'export.classes',
    message: expect.stringContaining(`is ${classes[0]} and the network's is ${labels[0]}: give the images that it was`),
  });
});

test('labels of another count are refused, trained or given', async () => {
  const few = { code: 'export.labels', message: expect.stringMatching(/^there are 2 labels and the network has 10/) };
  await expect(labelsOf({ givenLabels: ['cat', 'dog'] })).rejects.toMatchObject(few);
  await expect(labelsOf({ data: null, labels: ['cat', 'dog'], givenLabels: readable })).rejects.toMatchObject(few);
});
