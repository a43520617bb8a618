/** @file A session stopped anywhere goes on to the very visits that it would have made. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findSpace } from '../../space/built-in.ts';
import { planMeasuring } from './plan.ts';
import type { Runner } from './runner.ts';
import { scheduleOf, type TimedModel } from './schedule.ts';
import { runSession, samplesByModel, visitCount } from './session.ts';

const plan = planMeasuring('short', [{ space: findSpace('tiny'), resolution: 32, networks: 23 }], 1);
const schedule = scheduleOf(plan, { rounds: 3, seed: 1 });
const all = visitCount(schedule);
const visits = { parts: { warmUpCalls: 3, visitUs: 9 }, networks: { warmUpCalls: 1, visitUs: 9 } };

/** Writes down what it is asked for; the n-th visit takes n microseconds. */
class Recorder implements Runner {
  readonly conditions = { runtime: 'none', clockStepUs: 1, webAssembly: null };
  readonly visited: string[] = [];
  readonly warmUps = new Map<string, number>();
  loads = 0;
  private loaded = new Set<string>();

  async load(models: readonly TimedModel[]): Promise<void> {
    this.loads++;
    this.loaded = new Set(models.map(({ key }) => key));
  }
  async visit(key: string, { warmUpCalls }: { warmUpCalls: number }): Promise<number> {
    expect(this.loaded).toContain(key);
    this.warmUps.set(key, warmUpCalls);
    return this.visited.push(key);
  }
  async output(): Promise<Float32Array> {
    return new Float32Array();
  }
  async close(): Promise<void> {}
}

/** Runs until `stopAt` visits are done in all. */
async function run(runner: Recorder, samplesUs: number[], stopAt = Number.POSITIVE_INFINITY) {
  const saved: number[] = [];
  const done = await runSession(schedule, samplesUs, runner, visits, {
    stopped: () => samplesUs.length >= stopAt,
    visited: () => {},
    save: async (samples) => void saved.push(samples.length),
  });
  return { done, saved };
}

it('stopped anywhere, any number of times, it makes the same visits in the same order', async () => {
  const whole = new Recorder();
  expect((await run(whole, [])).done).toBe(true);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(all - 1), { maxLength: 4 }), async (stops) => {
      const runner = new Recorder();
      const samplesUs: number[] = [];
      for (const stop of stops.sort((a, b) => a - b)) {
        expect((await run(runner, samplesUs, stop)).done).toBe(false);
        expect(samplesUs).toHaveLength(stop);
      }
      expect((await run(runner, samplesUs)).done).toBe(true);
      expect(runner.visited).toEqual(whole.visited);
      expect(samplesUs).toEqual(Array.from({ length: all }, (_, i) => i + 1));
    }),
    { numRuns: 40 },
  );
});

it('saves after each round and when stopped, and loads nothing that is done', async () => {
  const ends = schedule.flatMap(({ rounds }) => rounds.map((round) => round.length));
  const sums = ends.map((_, i) => ends.slice(0, i + 1).reduce((sum, length) => sum + length, 0));
  expect((await run(new Recorder(), [])).saved).toEqual(sums);
  expect((await run(new Recorder(), [], sums[0]! + 5)).saved).toEqual([sums[0], sums[0]! + 5]);
  const finished = new Recorder();
  expect(await run(finished, new Array<number>(all).fill(1))).toEqual({ done: true, saved: [] });
  expect(finished.loads).toBe(0);
});

it('warms parts and whole networks up as told', async () => {
  const runner = new Recorder();
  await run(runner, []);
  expect(runner.warmUps.get('network 0')).toBe(1);
  expect(runner.warmUps.get('reference')).toBe(3);
});

it('sorts timings by model, in the order of the run', async () => {
  const runner = new Recorder();
  const samplesUs: number[] = [];
  await run(runner, samplesUs);
  const byModel = samplesByModel(schedule, samplesUs);
  for (const [key, samples] of byModel) {
    expect(samples).toEqual(runner.visited.flatMap((each, i) => (each === key ? [i + 1] : [])));
  }
  expect(byModel.get('network 3')).toHaveLength(3);
});
