/** @file How long and how often models are timed, wherever they run. */
import type { MeasuringPlan } from './plan.ts';
import type { SessionVisits } from './session.ts';

/** Whole networks are larger than the nearest caches: one call in front of those that count is enough. */
export const visits: SessionVisits = {
  parts: { warmUpCalls: 3, visitUs: 1500 },
  networks: { warmUpCalls: 1, visitUs: 1500 },
};

/**
 * Which quantile over its visits is the time of a model: the shortest, because disturbance by other programs only adds,
 * and beside programs that keep the core's other half busy few visits of a whole network go without it.
 */
export const timeQuantile = 0;

/** Visits of each model, and whole networks for each space and resolution. */
export const measuringSize: Readonly<Record<MeasuringPlan['kind'], { rounds: number; networks: number }>> = {
  short: { rounds: 20, networks: 10 },
  full: { rounds: 30, networks: 40 },
};
