/** @file Two runs of one seed are one run, wherever they lie; another seed is another run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { tinySearch } from './tiny-search.ts';
import { computed, hashes, WorkerRun } from './worker-run.ts';

let root: string;
let data: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-seed-'));
  data = await writeTinyImages(join(root, 'data'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function run(name: string, seed: number) {
  const { training, ...spec } = tinySearch(data, seed);
  const job = await WorkerRun.create(join(root, name), { ...spec, training: null });
  expect(await job.start(20_000).ended).toEqual({ code: 0, signal: null, printed: '' });
  return { steps: (await job.steps()).map(computed), result: hashes(await job.result()) };
}

test('same seed: same losses, probabilities, architecture, weights and pictures; other seed: other losses', async () => {
  const first = await run('first', 7);
  expect(first.steps.length).toBeGreaterThan(30);
  expect(await run('second', 7)).toEqual(first);

  const other = await run('other', 8);
  expect(other.steps.length).toBe(first.steps.length);
  for (const [i, record] of other.steps.entries()) expect(record.loss).not.toBe(first.steps[i]!.loss);
  expect(other.result['weights.safetensors']).not.toBe(first.result['weights.safetensors']);
}, 120_000);
