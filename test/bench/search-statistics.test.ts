/** @file Intervals against values worked out elsewhere. */
import { expect, it } from 'vitest';
import { deviation, meanInterval, medianInterval } from './search-statistics.ts';

it('gives the t interval of Student’s sleep data', () => {
  // Extra sleep of ten patients under two drugs, Biometrika 6 (1908): mean 1.58, interval 0.70 to 2.46.
  const differences = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];
  const { mean, low, high } = meanInterval(differences);
  expect(mean).toBeCloseTo(1.58, 10);
  expect(low).toBeCloseTo(0.7001, 3);
  expect(high).toBeCloseTo(2.4599, 3);
});

it.each([
  // Ranks of the 95 % interval of a median as tables of the sign test have them.
  [6, 1],
  [9, 2],
  [12, 3],
  [20, 6],
  [25, 8],
])('takes of %i values number %i from both ends around the median', (count, rank) => {
  const values = Array.from({ length: count }, (_, i) => i + 1);
  const { median, low, high } = medianInterval([...values].reverse());
  expect({ median, low, high }).toEqual({ median: (count + 1) / 2, low: rank, high: count + 1 - rank });
});

it('knows no ends of a median from fewer than six values', () => {
  const { low, high } = medianInterval([1, 2, 3, 4, 5]);
  expect([low, high]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

it('knows nothing from one value, and refuses more than its table holds', () => {
  expect(meanInterval([3])).toEqual({ mean: 3, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY });
  expect(deviation([3])).toBe(0);
  expect(() => meanInterval(Array.from({ length: 22 }, () => 1))).toThrow('22 values');
});
