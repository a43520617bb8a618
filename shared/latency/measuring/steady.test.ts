/** @file Timings of probes on a machine that changes its speed. */
import { expect, it } from 'vitest';
import { median } from '../statistics.ts';
import { probesOf, scheduleOf } from './schedule.ts';
import { steadied } from './steady.ts';

it('gives the time at full speed, however slow the machine was meanwhile', () => {
  const plan = { kind: 'short' as const, contexts: [], operators: { seed: 1 } };
  const schedule = scheduleOf(plan, { rounds: 6, seed: 1 });
  const keys = schedule.flatMap(({ rounds }) => rounds.flat());
  const trueUs = (key: string) => (key === 'reference' ? 100 : 50 + key.length);
  // Full speed, half of it, and back, over a few hundred visits each.
  const slowness = (i: number) => 1.5 + Math.sin(i / 200) / 2;
  const probesUs = steadied(
    schedule,
    keys.map((key, i) => trueUs(key) * slowness(i)),
  );
  expect([...probesUs.keys()]).toEqual(probesOf(plan).map(({ key }) => key));
  for (const [key, visitsUs] of probesUs) {
    expect(visitsUs).toHaveLength(6);
    expect(median(visitsUs) / trueUs(key)).toBeCloseTo(1, 1);
  }
});
