/** @file Paired comparison of few values. */
import { quantile } from '../../shared/latency/statistics.ts';

/** Student's t at 97.5 %, by degrees of freedom from 1. */
const t975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086,
];

export interface MeanInterval {
  mean: number;
  /** the two ends of the 95 % interval; not finite for a single value */
  low: number;
  high: number;
}

/** The mean of independent differences with its 95 % t interval. @param values 1 to 21 of them */
export function meanInterval(values: readonly number[]): MeanInterval {
  const middle = mean(values);
  if (values.length === 1) return { mean: middle, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const t = t975[values.length - 2];
  if (t === undefined) throw new RangeError(`an interval over ${values.length} values: 1 to 21 are known`);
  const half = (t * deviation(values)) / Math.sqrt(values.length);
  return { mean: middle, low: middle - half, high: middle + half };
}

export interface MedianInterval {
  median: number;
  /** the two ends of an interval of at least 95 %; not finite for fewer than 6 values */
  low: number;
  high: number;
}

/**
 * The median of independent values of any distribution, between the k-th smallest and the k-th largest: it misses the true
 * median only where k - 1 of n values at most lie on one side of it, which has a binomial chance (the sign test).
 */
export function medianInterval(values: readonly number[]): MedianInterval {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = quantile(sorted, 0.5);
  let ends: [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [chance, outside] = [0.5 ** sorted.length, 0];
  for (let k = 0; k < sorted.length / 2; k++) {
    outside += 2 * chance;
    if (outside > 0.05) break;
    ends = [sorted[k]!, sorted[sorted.length - 1 - k]!];
    chance *= (sorted.length - k) / (k + 1);
  }
  return { median: middle, low: ends[0], high: ends[1] };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation; 0 of a single value. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
}
