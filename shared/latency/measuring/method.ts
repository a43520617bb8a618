/** @file How long and how often models are timed, wherever they run. */
import type { MeasuringPlan } from './plan.ts';
import type { SessionVisits } from './session.ts';

/** Whole networks are larger than the nearest caches: one call in front of those that count is enough. */
export const visits: SessionVisits = {
  parts: { warmUpCalls: 3, visitUs: 1500 },
  networks: { warmUpCalls: 1, visitUs: 1500 },
};

/** Which quantile over its visits is the time of a model: low, because disturbance by other programs only adds. */
export const timeQuantile = 0.1;

/** Visits of each model, and whole networks for each space and resolution. */
export const measuringSize: Readonly<Record<MeasuringPlan['kind'], { rounds: number; networks: number }>> = {
  short: { rounds: 20, networks: 10 },
  full: { rounds: 30, networks: 40 },
};
