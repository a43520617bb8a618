/**
 * @file kill -9 at moments drawn over the whole of a run, again and again: what comes out in the end, and every step on
 * the way, is the same to the last bit as without.
 */
import { existsSync, watch } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StepRecord } from '../../shared/contract/progress.ts';
import { Random } from '../../shared/random.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { tinySearch } from './tiny-search.ts';
import { type Attempt, computed, hashes, WorkerRun } from './worker-run.ts';

const checkpointMs = 150;
/** Each of the runs is killed as often; the moments are drawn anew for each. */
const runs = 3;

/** When to kill: after some writes to the store (a checkpoint is four), some of them results, in a phase, after a time. */
type Moment =
  | { kind: 'write'; number: number; delayMs: number }
  | { kind: 'result'; number: number; delayMs: number }
  | { kind: 'phase'; phase: StepRecord['phase']; delayMs: number }
  | { kind: 'time'; delayMs: number };

let root: string;
let data: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-kill-'));
  data = await writeTinyImages(join(root, 'data'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** One in the warm-up, one in the search, three while it starts, four while it works and saves, then two while it writes results. */
function drawMoments(random: Random): Moment[] {
  const draw = (bound: number) => random.below(bound);
  const early: Moment[] = [
    ...Array.from({ length: 2 }, (): Moment => ({ kind: 'time', delayMs: draw(1500) })),
    { kind: 'write', number: 1 + draw(3), delayMs: draw(30) },
    ...Array.from({ length: 4 }, (): Moment => ({ kind: 'write', number: 4 + draw(12), delayMs: draw(8) })),
  ];
  const late = Array.from({ length: 2 }, (): Moment => ({ kind: 'result', number: draw(8), delayMs: draw(8) }));
  // First, when no earlier attempt can have passed them: how far the others get depends on the machine.
  const phases = (['warmup', 'search'] as const).map((phase): Moment => ({ kind: 'phase', phase, delayMs: draw(20) }));
  return [...phases, ...random.shuffle(early), ...late];
}

/** Kills the attempt when the moment comes, if it comes before its end. */
function killAt(moment: Moment, { process: child, ended }: Attempt, run: WorkerRun): void {
  const kill = () => setTimeout(() => child.kill('SIGKILL'), moment.delayMs);
  if (moment.kind === 'time') {
    kill();
    return;
  }
  if (moment.kind === 'phase') {
    const timer = setInterval(async () => {
      if (!(await run.steps()).some(({ phase }) => phase === moment.phase)) return;
      clearInterval(timer);
      kill();
    }, 50);
    void ended.finally(() => clearInterval(timer));
    return;
  }
  let seen = 0;
  const counts = () => moment.kind === 'write' || existsSync(join(run.folder, 'result'));
  // Every write to the store begins with a file of its own here.
  const watcher = watch(join(run.store.uri, '.fastpath-work'), (event, name) => {
    if (event !== 'rename' || !name?.startsWith('put-') || !counts()) return;
    // One event when the file comes and one when it has moved into place.
    seen += 0.5;
    if (seen >= moment.number) kill();
  });
  void ended.finally(() => watcher.close());
}

async function goOnToTheEnd(run: WorkerRun): Promise<void> {
  const last = await run.start(checkpointMs).ended;
  expect(last).toEqual({ code: 0, signal: null, printed: '' });
}

test('killed at 20 moments or more, a run ends as if never killed, and took the same steps', async () => {
  const undisturbed = await WorkerRun.create(join(root, 'undisturbed'), tinySearch(data));
  await goOnToTheEnd(undisturbed);
  const expected = hashes(await undisturbed.result());
  const expectedSteps = new Map((await undisturbed.steps()).map((record) => [record.step, computed(record)]));
  const total = expectedSteps.size;
  expect(total).toBe((await undisturbed.steps())[0]!.steps);

  const random = Random.named(20, 'kill moments');
  const killedAt: StepRecord['phase'][] = [];
  let kills = 0;
  let duringWrite = 0;
  let withPartOfResult = 0;
  for (let number = 1; number <= runs; number++) {
    const run = await WorkerRun.create(join(root, `killed-${number}`), tinySearch(data));
    for (const moment of drawMoments(random)) {
      const attempt = run.start(checkpointMs);
      killAt(moment, attempt, run);
      const { signal, code, printed } = await attempt.ended;
      if (signal === null) expect({ code, printed }).toEqual({ code: 0, printed: '' });
      else kills++;
      const left = await readdir(join(run.store.uri, '.fastpath-work'));
      if (left.some((name) => name.includes(`-${attempt.process.pid}-`))) duringWrite++;
      const held = existsSync(join(run.folder, 'result')) ? (await run.result()).size : 0;
      if (held > 0 && held < Object.keys(expected).length) withPartOfResult++;
      const last = (await run.steps()).at(-1);
      if (last) killedAt.push(last.phase);
    }
    await goOnToTheEnd(run);

    expect(hashes(await run.result())).toEqual(expected);
    const steps = await run.steps();
    for (const record of steps) expect(computed(record)).toEqual(expectedSteps.get(record.step));
    expect(new Set(steps.map(({ step }) => step)).size).toBe(total);
  }
  // The moments were where they should be: while working, in the middle of a write, among the results.
  expect(kills).toBeGreaterThanOrEqual(20);
  expect(killedAt).toContain('search');
  expect(new Set(killedAt).size).toBeGreaterThanOrEqual(2);
  expect(duringWrite).toBeGreaterThan(0);
  expect(withPartOfResult).toBeGreaterThan(0);
}, 300_000);
