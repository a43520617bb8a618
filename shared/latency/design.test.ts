/** @file The greedy choice against the posterior covariance worked out in full, by inverting the precision matrix. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { chooseExperiments, chooseNetworks } from './design.ts';

type Matrix = number[][];

/** Gauss–Jordan. */
function inverse(matrix: Matrix): Matrix {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    const pivot = rows.reduce(
      (best, row, j) => (j >= i && Math.abs(row[i]!) > Math.abs(rows[best]![i]!) ? j : best),
      i,
    );
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    rows[i] = rows[i]!.map((value) => value / rows[i]![i]!);
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = rows[j]![i]!;
      rows[j] = rows[j]!.map((value, k) => value - factor * rows[i]![k]!);
    }
  }
  return rows.map((row) => row.slice(n));
}

/** Σ over the pool of pᵀ (I + Σ x xᵀ / noise)⁻¹ p, x over what was timed. */
function posteriorVariance(pool: Matrix, timed: Matrix, noise: number): number {
  const d = pool[0]!.length;
  const precision = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) => (i === j ? 1 : 0) + timed.reduce((sum, x) => sum + x[i]! * x[j]!, 0) / noise),
  );
  const covariance = inverse(precision);
  return pool.reduce(
    (sum, p) => sum + p.reduce((s, a, i) => s + a * p.reduce((t, b, j) => t + b * covariance[i]![j]!, 0), 0),
    0,
  );
}

const value = fc.double({ min: -3, max: 3, noNaN: true });
const rows = (min: number, max: number) =>
  fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: min, maxLength: max });

describe('a greedy design', () => {
  it('always takes what leaves least variance over the pool, by brute force', () => {
    fc.assert(
      fc.property(rows(4, 7), rows(3, 6), fc.double({ min: 0.05, max: 2, noNaN: true }), (candidates, pool, noise) => {
        const chosen = chooseExperiments({ candidates, pool, count: 3, noiseVariance: noise });
        expect(new Set(chosen).size).toBe(3);
        chosen.forEach((index, step) => {
          const before = chosen.slice(0, step);
          const left = (i: number) =>
            posteriorVariance(
              pool,
              [...before, i].map((each) => candidates[each]!),
              noise,
            );
          const open = candidates.map((_, i) => i).filter((i) => !before.includes(i));
          const least = Math.min(...open.map(left));
          expect(left(index)).toBeLessThanOrEqual(least + 1e-6 * (1 + least));
        });
      }),
      { numRuns: 60 },
    );
  });

  it('takes what was timed already into account', () => {
    const candidates = [
      [2, 0],
      [1.9, 0],
      [0, 1],
    ];
    expect(chooseExperiments({ candidates, pool: candidates, count: 1, noiseVariance: 0.01 })).toEqual([0]);
    expect(chooseExperiments({ candidates, pool: candidates, count: 1, given: [0], noiseVariance: 0.01 })).toEqual([2]);
  });

  it('does as well as the best of all sets of three, or nearly so', () => {
    const random = Random.named(3, 'pool');
    const pool = Array.from({ length: 9 }, () => Array.from({ length: 4 }, () => random.normal()));
    const noise = 0.1;
    const left = (set: number[]) =>
      posteriorVariance(
        pool,
        set.map((i) => pool[i]!),
        noise,
      );
    const all: number[] = [];
    for (let a = 0; a < 9; a++)
      for (let b = a + 1; b < 9; b++) for (let c = b + 1; c < 9; c++) all.push(left([a, b, c]));
    const chosen = left(chooseNetworks(pool, 3, { noiseVariance: noise }));
    expect(chosen).toBeLessThanOrEqual(1.1 * Math.min(...all));
    expect(chosen).toBeGreaterThanOrEqual(Math.min(...all) - 1e-9);
  });

  it('gives every network once where fewer are there than asked for, and none of none', () => {
    expect(chooseNetworks([[1], [2]], 5).sort()).toEqual([0, 1]);
    expect(chooseNetworks([], 5)).toEqual([]);
    expect(chooseNetworks([[0], [0]], 2)).toHaveLength(2);
  });
});
