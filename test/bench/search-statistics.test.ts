/** @file Intervals against values worked out elsewhere. */
import { expect, it } from 'vitest';
import { deviation, meanInterval } from './search-statistics.ts';

it('gives the t interval of Student’s sleep data', () => {
  // Extra sleep of ten patients under two drugs, Biometrika 6 (1908): mean 1.58, interval 0.70 to 2.46.
  const differences = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];
  const { mean, low, high } = meanInterval(differences);
  expect(mean).toBeCloseTo(1.58, 10);
  expect(low).toBeCloseTo(0.7001, 3);
  expect(high).toBeCloseTo(2.4599, 3);
});

it('knows nothing from one value, and refuses more than its table holds', () => {
  expect(meanInterval([3])).toEqual({ mean: 3, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY });
  expect(deviation([3])).toBe(0);
  expect(() => meanInterval(Array.from({ length: 22 }, () => 1))).toThrow('22 values');
});
