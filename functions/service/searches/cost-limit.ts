/** @file From what a search may cost to how long it may compute. */
import type { Machine } from './deps.ts';

/** How far over its limit a job may run until the queue ends it. */
export const overrunSeconds = 60;
/** Where nothing limits it: a month. */
const unlimitedSeconds = 30 * 24 * 3600;

/** Seconds of compute, all attempts together; null without a limit. */
export function computeSeconds({ pricePerHourMicroUsd }: Machine, maxCostMicroUsd: number): number | null {
  if (pricePerHourMicroUsd === 0) return null;
  return Math.max(1, Math.floor((maxCostMicroUsd * 3600) / pricePerHourMicroUsd));
}

/** After this the queue ends an attempt, whatever the worker thinks. */
export function attemptSeconds(limitSeconds: number | null): number {
  return limitSeconds === null ? unlimitedSeconds : Math.min(unlimitedSeconds, limitSeconds + overrunSeconds);
}
