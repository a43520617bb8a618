/** @file One visit of a model: a few calls thrown away, then calls until the visit's time is filled; the median counts. */
import { median } from '../statistics.ts';

export interface Visit {
  /** calls whose time is thrown away */
  warmUpCalls: number;
  visitUs: number;
}

export interface Clock {
  nowUs(): number;
  /** smallest step that it makes */
  stepUs: number;
}

/** A timing shorter than this many steps of the clock tells too little: then several calls are timed as one. */
const stepsPerTiming = 50;

/** @returns microseconds of one call */
export async function timeVisit(call: () => void | Promise<void>, clock: Clock, visit: Visit): Promise<number> {
  const run = async (calls: number) => {
    const startUs = clock.nowUs();
    for (let i = 0; i < calls; i++) {
      const pending = call();
      if (pending !== undefined) await pending;
    }
    return clock.nowUs() - startUs;
  };
  await run(visit.warmUpCalls);
  const callsUs: number[] = [];
  let calls = 1;
  for (let spentUs = 0; spentUs < visit.visitUs || callsUs.length === 0; ) {
    const timedUs = await run(calls);
    spentUs += timedUs;
    if (timedUs < stepsPerTiming * clock.stepUs) calls *= 2;
    else callsUs.push(timedUs / calls);
  }
  return median(callsUs);
}

/** The smallest step between readings of a clock, microseconds. */
export function clockStepUs(nowUs: () => number): number {
  let stepUs = Number.POSITIVE_INFINITY;
  for (let steps = 0, last = nowUs(); steps < 100; ) {
    const now = nowUs();
    if (now === last) continue;
    stepUs = Math.min(stepUs, now - last);
    last = now;
    steps++;
  }
  return stepUs;
}
