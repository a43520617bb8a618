import { expect, it } from 'vitest';
import { ranks, scoresOf } from './scores.ts';

it('ranks from one, ties share', () => {
  expect(ranks([10, 30, 20, 20])).toEqual([1, 4, 2.5, 2.5]);
});

it('five predictions, worked out by hand', () => {
  // Orders 1 2 3 5 4 against 1 2 3 4 5: Σd² = 2, Spearman 1 − 6·2 / (5·24) = 0.9; one of ten pairs swapped, τ = 0.8.
  const scores = scoresOf([1, 2, 3, 5.5, 4], [1, 2, 3, 4, 5], [0.1, 0.1, 0.1, 1, 1]);
  expect(scores.spearman).toBeCloseTo(0.9, 12);
  expect(scores.kendall).toBeCloseTo(0.8, 12);
  // |5.5 / 4 − 1| = 37.5 %, |4 / 5 − 1| = 20 %
  expect(scores.mape).toBeCloseTo(57.5 / 5, 12);
  expect(scores.within10).toBeCloseTo(60, 12);
  expect(scores.coverage).toBeCloseTo(0.8, 12);
});

it('ties: Kendall’s τ-b of [1, 1, 2] against [1, 2, 3] is 2 / √(2 · 3)', () => {
  expect(scoresOf([1, 1, 2], [1, 2, 3]).kendall).toBeCloseTo(2 / Math.sqrt(6), 12);
});
