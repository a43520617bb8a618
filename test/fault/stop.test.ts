/** @file SIGTERM to the worker, wherever it is: it saves, says so, exits at once, and goes on from that very step. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProgressRecord } from '../../shared/contract/progress.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { tinySearch } from './tiny-search.ts';
import { computed, hashes, until, WorkerRun } from './worker-run.ts';

/** Never within a test: what is saved, the stop has saved. */
const never = 3_600_000;

let root: string;
let data: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-stop-'));
  data = await writeTinyImages(join(root, 'data'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Places in a run, in order. */
const places = ['claimed', 'warmup', 'search', 'scoring', 'training'] as const;
type Place = (typeof places)[number];

/** How far the attempt that wrote these records has come. */
function placeOf(records: readonly ProgressRecord[]): number {
  const reached = records.map((record): Place => {
    if (record.type === 'note') return record.message.startsWith('pruned') ? 'scoring' : 'claimed';
    return record.type === 'step' ? record.phase : 'claimed';
  });
  return Math.max(-1, ...reached.map((place) => places.indexOf(place)));
}

/** Runs an attempt until it is at the place or past it, ends it with SIGTERM, and returns what it recorded. */
async function stopAt(run: WorkerRun, place: Place): Promise<ProgressRecord[]> {
  const before = (await run.segments()).length;
  const recorded = async () => (await run.segments()).slice(before).flat();
  const { process: child, ended } = run.start(never);
  await until(async () => placeOf(await recorded()) >= places.indexOf(place));
  const askedAt = performance.now();
  child.kill('SIGTERM');
  expect(await ended).toEqual({ code: 0, signal: null, printed: '' });
  expect(performance.now() - askedAt).toBeLessThan(10_000);
  return recorded();
}

test('stopped at place after place, a run goes on from the step it stopped at and ends as if never stopped', async () => {
  const { training, ...search } = tinySearch(data);
  const spec = { ...search, training: { ...training!, epochs: 5 } };
  const undisturbed = await WorkerRun.create(join(root, 'undisturbed'), spec);
  expect(await undisturbed.start(never).ended).toMatchObject({ code: 0 });

  const run = await WorkerRun.create(join(root, 'stopped'), spec);
  let from = 0;
  for (const place of ['claimed', 'warmup', 'claimed', 'search', 'scoring', 'claimed', 'training'] as const) {
    const records = await stopAt(run, place);
    const { type, step: stoppedAt } = records.at(-1)!;
    expect(type).toBe('stopped');
    expect(await run.checkpointStep()).toBe(stoppedAt);
    // Every step once, in order, from the one after the last stop to the one that this stop names.
    const steps = records.flatMap((record) => (record.type === 'step' ? [record.step] : []));
    expect(steps).toEqual(Array.from({ length: stoppedAt - from }, (_, i) => from + 1 + i));
    from = stoppedAt;
  }
  expect(await run.start(never).ended).toMatchObject({ code: 0 });
  expect(hashes(await run.result())).toEqual(hashes(await undisturbed.result()));
  expect((await run.steps()).map(computed)).toEqual((await undisturbed.steps()).map(computed));
}, 180_000);
