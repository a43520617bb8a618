import { describe, expect, it } from 'vitest';
import { findSpace } from '../../space/built-in.ts';
import { planMeasuring } from './plan.ts';
import { callKey, referenceKey, scheduleOf } from './schedule.ts';
import { visitCount } from './session.ts';

const space = findSpace('tiny');
const plan = planMeasuring(
  'full',
  [
    { space, resolution: 32, networks: 45 },
    { space, resolution: 48, networks: 5 },
  ],
  1,
);
const schedule = scheduleOf(plan, { rounds: 3, seed: 7 });

describe('a schedule', () => {
  it('holds at most twenty whole networks in memory, and leaves none out', () => {
    const networks = schedule.map(({ models }) => models.filter(({ parts }) => parts.length > 1).map(({ key }) => key));
    expect(networks.map((keys) => keys.length)).toEqual([20, 20, 5, 5]);
    expect(networks.flat()).toEqual(Array.from({ length: 50 }, (_, i) => `network ${i}`));
  });

  it('visits every model once a round, in an order of its own, the reference after every twelve', () => {
    for (const { models, rounds } of schedule) {
      const others = models.map(({ key }) => key).filter((key) => key !== referenceKey);
      for (const round of rounds) {
        expect(round.filter((key) => key !== referenceKey).sort()).toEqual([...others].sort());
        for (let i = 0; i < round.length; i += 13) expect(round[i]).toBe(referenceKey);
        expect(round.filter((key) => key === referenceKey)).toHaveLength(Math.ceil(others.length / 12));
      }
      expect(rounds[0]).not.toEqual(rounds[1]);
      expect(others).toContain(callKey);
    }
  });

  it('is the same for the same seed only', () => {
    expect(scheduleOf(plan, { rounds: 3, seed: 7 })).toEqual(schedule);
    expect(scheduleOf(plan, { rounds: 3, seed: 8 })).not.toEqual(schedule);
    // More rounds begin alike, so that what differs is only how long it goes on.
    expect(scheduleOf(plan, { rounds: 5, seed: 7 })[0]!.rounds.slice(0, 3)).toEqual(schedule[0]!.rounds);
  });

  it('counts its visits', () => {
    expect(visitCount(schedule)).toBe(schedule.flatMap(({ rounds }) => rounds.flat()).length);
  });
});
