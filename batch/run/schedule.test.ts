import { describe, expect, it } from 'vitest';
import { cosineLearningRate } from './schedule.ts';

describe('the cosine learning rate', () => {
  it('falls from its peak through half of it to nearly nothing', () => {
    expect(cosineLearningRate(0, 100, 0.05)).toBe(0.05);
    expect(cosineLearningRate(50, 100, 0.05)).toBeCloseTo(0.025, 12);
    // (1 + cos(0.99 π)) / 2 = 2.467e-4
    expect(cosineLearningRate(99, 100, 0.05)).toBeCloseTo(0.05 * 2.467e-4, 7);
  });

  it('rises linearly to its peak before', () => {
    expect([0, 1, 2, 3, 4].map((step) => cosineLearningRate(step, 20, 1, 4))).toEqual([0.25, 0.5, 0.75, 1, 1]);
  });
});
