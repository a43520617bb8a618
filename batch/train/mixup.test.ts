import { describe, expect, it } from 'vitest';
import { Random } from '../../shared/random.ts';
import { drawBeta, mixBatch } from './mixup.ts';

describe('Beta(alpha, alpha)', () => {
  it.each([0.2, 1, 2.5])('alpha %f: mean and variance of many draws are those of the distribution', (alpha) => {
    const random = Random.named(1, `beta/${alpha}`);
    const draws = Array.from({ length: 20_000 }, () => drawBeta(alpha, random));
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 1);
    // Var = 1 / (4 (2 alpha + 1)).
    expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 1);
    expect(draws.every((x) => x >= 0 && x <= 1)).toBe(true);
  });
});

it('blends each image and label with those from the other end of the batch', () => {
  const images = Float32Array.from({ length: 3 * 4 }, (_, i) => i);
  const labels = Int32Array.of(7, 8, 9);
  const mixed = mixBatch(images, labels, 1, Random.named(2, 'mix'));
  const { share } = mixed;
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(1);
  expect([...mixed.labels]).toEqual([9, 8, 7]);
  for (const [i, value] of mixed.images.entries()) {
    const other = (2 - Math.floor(i / 4)) * 4 + (i % 4);
    expect(value).toBeCloseTo(share * i + (1 - share) * other, 5);
  }
  expect([...labels]).toEqual([7, 8, 9]);
});
