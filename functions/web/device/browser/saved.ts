/** @file What this browser keeps of a measurement, so that a page that is loaded again goes on with it. */
import type { Swapped } from '../../../../shared/contract/api/measurement-sessions.ts';
import type { ServedPlan } from '../../../../shared/contract/api/measuring-plan.ts';
import { type Backend, backendNames } from './this-device.ts';

export interface Measuring {
  /** that the session was opened with */
  code: string;
  session: Swapped;
  backend: Backend;
  plan: ServedPlan;
  /** microseconds, in the order of the plan's schedule */
  samplesUs: number[];
}

const key = 'fastpath.measuring';
const format = 1;

/** What an earlier page left, while its session lasts; null where there is nothing to go on with. */
export function savedMeasuring(now: Date): Measuring | null {
  try {
    const saved = JSON.parse(localStorage.getItem(key) ?? 'null');
    return saved?.format === format && now < new Date(saved.measuring.session.expiresAt) ? saved.measuring : null;
  } catch {
    return null;
  }
}

export function saveMeasuring(measuring: Measuring): void {
  try {
    localStorage.setItem(key, JSON.stringify({ format, measuring }));
  } catch {
    // A browser that keeps nothing for this page measures all the same; only a reload then starts anew.
  }
}

export function forgetMeasuring(): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // As above.
  }
}

/** What to do where a measurement was begun with one backend and is to go on with another: no timing is good for both. */
export function beganOtherwise(begun: Backend, wanted: Backend): string {
  const [first, second] = [backendNames[begun], backendNames[wanted]];
  return `This link was begun with ${first}: choose ${first} to go on, or make a new link to measure with ${second}.`;
}
