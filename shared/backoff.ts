/** @file Waits before trying again. */

/**
 * A random wait in ms, even from 0 up to a bound that starts at `firstMs` and doubles with each failure in a row, to
 * `longestMs` at most: callers that failed together do not come back together.
 * @param failures so far, from 1
 */
export function backoffMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.random() * Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
