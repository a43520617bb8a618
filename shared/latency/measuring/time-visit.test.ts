/** @file Visits on a clock that only moves when a call says so. */
import { describe, expect, it } from 'vitest';
import { clockStepUs, timeVisit } from './time-visit.ts';

/** A clock with steps of `stepUs`, and a model whose calls take what `callsUs` says, the last for all further ones. */
function machine(stepUs: number, callsUs: number[]) {
  let trueUs = 0.3 * stepUs;
  let calls = 0;
  return {
    clock: { nowUs: () => Math.floor(trueUs / stepUs) * stepUs, stepUs },
    call: () => {
      trueUs += callsUs[Math.min(calls++, callsUs.length - 1)]!;
    },
    calls: () => calls,
  };
}

describe('a visit', () => {
  it('leaves the first calls out, and takes the median', async () => {
    const { clock, call, calls } = machine(0.001, [900, 500, 10, 30, 10, 10, 700]);
    expect(await timeVisit(call, clock, { warmUpCalls: 2, visitUs: 60 })).toBeCloseTo(10, 6);
    // Two thrown away, then 10 + 30 + 10 + 10 fill 60.
    expect(calls()).toBe(6);
  });

  it('times at least one call that takes longer than the visit', async () => {
    const { clock, call, calls } = machine(0.001, [20_000]);
    expect(await timeVisit(call, clock, { warmUpCalls: 1, visitUs: 1500 })).toBeCloseTo(20_000, 3);
    expect(calls()).toBe(2);
  });

  it.each([5, 100])('times many calls as one on a clock with steps of %i us', async (stepUs) => {
    const { clock, call } = machine(stepUs, [7.3]);
    const us = await timeVisit(call, clock, { warmUpCalls: 3, visitUs: 1500 });
    // A timing of 50 steps or more is one step off at most.
    expect(Math.abs(us / 7.3 - 1)).toBeLessThan(0.02);
  });

  it('waits for calls that end later', async () => {
    const { clock, call } = machine(0.001, [12]);
    const later = async () => {
      await Promise.resolve();
      call();
    };
    expect(await timeVisit(later, clock, { warmUpCalls: 1, visitUs: 100 })).toBeCloseTo(12, 6);
  });
});

it('finds the step of a clock', () => {
  let reads = 0;
  // Moves by 5 at every third reading, once by 20.
  expect(clockStepUs(() => Math.floor(++reads / 3) * 5 + (reads > 40 ? 15 : 0))).toBe(5);
  expect(clockStepUs(() => 1000 * performance.now())).toBeGreaterThan(0);
});
