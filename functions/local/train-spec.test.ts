import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { specFile } from '../service/search-spec/spec-file.ts';
import { type TrainFlags, trainSpec } from './train-spec.ts';

const architecture = {
  format: 'fastpath.architecture/1',
  space: 'cifar',
  resolution: 32,
  classes: 10,
  stem: { kernel: 3, stride: 2, channels: 16 },
  blocks: [{ op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 16, out: 8, shortcut: false }],
  head: { channels: 128 },
};

let folder: string;
let home: string;
let flags: TrainFlags;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-train-'));
  home = join(folder, 'home');
  await mkdir(join(folder, 'data/train'), { recursive: true });
  await writeFile(join(folder, 'a.json'), JSON.stringify(architecture));
  flags = { architecture: join(folder, 'a.json'), data: join(folder, 'data'), seed: 3 };
});
afterEach(() => rm(folder, { recursive: true }));

test('flags become a spec', async () => {
  expect(await trainSpec(flags, home)).toMatchObject({
    architecture,
    seed: 3,
    training: { epochs: 60, batchSize: 128, learningRate: 0.05, labelSmoothing: 0.1 },
    initialWeights: null,
  });
  const said = await trainSpec({ ...flags, epochs: 2, batch: 8, learningRate: 0.1 }, home);
  expect(said.training).toMatchObject({ epochs: 2, batchSize: 8, learningRate: 0.1 });
});

test('starting weights are kept by content: other weights in the same file are another job', async () => {
  const weights = join(folder, 'w.safetensors');
  await writeFile(weights, 'first');
  const first = await trainSpec({ ...flags, weights }, home);
  const again = await trainSpec({ ...flags, weights }, home);
  await writeFile(weights, 'second');
  const second = await trainSpec({ ...flags, weights }, home);
  expect(specFile(again).id).toBe(specFile(first).id);
  expect(specFile(second).id).not.toBe(specFile(first).id);
  expect(await readFile(join(home, first.initialWeights!), 'utf8')).toBe('first');
  expect(await readFile(join(home, second.initialWeights!), 'utf8')).toBe('second');
});

test('what does not fit is named with its file', async () => {
  await expect(trainSpec({ ...flags, weights: './no.safetensors' }, home)).rejects.toThrow(
    '--weights: there is no file ./no.safetensors',
  );
  await writeFile(flags.architecture, JSON.stringify({ ...architecture, classes: 1 }));
  await expect(trainSpec(flags, home)).rejects.toThrow(/a\.json: architecture: classes must be at least 2, not 1/);
});
