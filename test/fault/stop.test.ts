/** @file SIGTERM to the worker, in every phase: it saves, says so, exits at once, and goes on from that very step. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { tinySearch } from './tiny-search.ts';
import { computed, until, WorkerRun } from './worker-run.ts';

/** Never within a test: what is saved, the stop has saved. */
const never = 3_600_000;

let root: string;
let data: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-stop-'));
  data = await writeTinyImages(join(root, 'data'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs an attempt until `moment`, ends it with SIGTERM, and returns the step it says it stopped at. */
async function stopAt(run: WorkerRun, moment: () => boolean | Promise<boolean>): Promise<number> {
  const { process: child, ended } = run.start(never);
  await until(moment);
  const askedAt = performance.now();
  child.kill('SIGTERM');
  expect(await ended).toEqual({ code: 0, signal: null, printed: '' });
  expect(performance.now() - askedAt).toBeLessThan(10_000);
  const last = (await run.segments()).at(-1)!.at(-1)!;
  expect(last.type).toBe('stopped');
  return last.step;
}

test('stopped in each phase, a run goes on from the step it stopped at and ends as if never stopped', async () => {
  const undisturbed = await WorkerRun.create(join(root, 'undisturbed'), tinySearch(data));
  expect(await undisturbed.start(never).ended).toMatchObject({ code: 0 });
  const expectedSteps = new Map((await undisturbed.steps()).map((record) => [record.step, computed(record)]));

  const run = await WorkerRun.create(join(root, 'stopped'), tinySearch(data));
  const claimed = (attempt: number) => () => existsSync(join(run.folder, 'attempts', String(attempt), 'claim'));
  const reached = (phase: string) => async () => (await run.steps()).some((record) => record.phase === phase);
  const said = (text: string) => async () =>
    (await run.segments()).flat().some((record) => record.type === 'note' && record.message.includes(text));
  const moments = [
    claimed(1),
    reached('warmup'),
    claimed(3),
    reached('search'),
    said('pruned; scoring'),
    reached('training'),
  ];
  let from = 0;
  for (const moment of moments) {
    const before = (await run.segments()).length;
    const stoppedAt = await stopAt(run, moment);
    expect(stoppedAt).toBeGreaterThanOrEqual(from);
    expect(await run.checkpointStep()).toBe(stoppedAt);
    const steps = (await run.segments())
      .slice(before)
      .flat()
      .flatMap((record) => (record.type === 'step' ? [record.step] : []));
    // Every step once, in order, from the one after the last stop to the one that this stop names.
    expect(steps).toEqual(Array.from({ length: stoppedAt - from }, (_, i) => from + 1 + i));
    from = stoppedAt;
  }
  expect(await run.start(never).ended).toMatchObject({ code: 0 });
  expect(await run.result()).toEqual(await undisturbed.result());
  const steps = await run.steps();
  expect(steps.map(({ step }) => step)).toEqual([...expectedSteps.keys()]);
  for (const record of steps) expect(computed(record)).toEqual(expectedSteps.get(record.step));
}, 180_000);
