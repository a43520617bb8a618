import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply, invert, pivotedFactors, quadratic, type Symmetric } from './symmetric.ts';

/** B Bᵀ + ridge · I for a random B: positive definite, and well conditioned. */
const positive = fc
  .integer({ min: 1, max: 7 })
  .chain((n) => fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: n * n, maxLength: n * n }))
  .map((b): Symmetric => {
    const n = Math.sqrt(b.length);
    const data = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        for (let k = 0; k < n; k++) data[i * n + j]! += b[i * n + k]! * b[j * n + k]!;
      }
      data[i * n + i]! += 0.5;
    }
    return { n, data };
  });

describe('invert', () => {
  it('gives the inverse and determinant worked out by hand', () => {
    // [[4, 2], [2, 3]]: determinant 8, inverse [[3, -2], [-2, 4]] / 8
    const { data, logDeterminant } = invert({ n: 2, data: Float64Array.of(4, 2, 2, 3) })!;
    expect([...data].map((value) => value * 8)).toEqual([3, -2, -2, 4].map((value) => expect.closeTo(value, 12)));
    expect(logDeterminant).toBeCloseTo(Math.log(8), 12);
  });

  it('times the matrix is the identity', () => {
    fc.assert(
      fc.property(positive, (matrix) => {
        const { n } = matrix;
        const inverse = invert(matrix)!;
        for (let i = 0; i < n; i++) {
          const column = Float64Array.from({ length: n }, (_, k) => inverse.data[k * n + i]!);
          for (const [j, value] of apply(matrix, column).entries()) expect(value).toBeCloseTo(i === j ? 1 : 0, 8);
        }
      }),
    );
  });

  it('is null where a direction has no or negative variance', () => {
    expect(invert({ n: 2, data: Float64Array.of(1, 2, 2, 4) })).toBeNull();
    expect(invert({ n: 2, data: Float64Array.of(1, 0, 0, -1) })).toBeNull();
    expect(invert({ n: 1, data: Float64Array.of(Number.NaN) })).toBeNull();
  });
});

describe('pivotedFactors', () => {
  it('adds up to the matrix when all of it is asked for', () => {
    fc.assert(
      fc.property(positive, ({ n, data }) => {
        const factors = pivotedFactors({ n, data }, 0, n);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            const sum = factors.reduce((total, factor) => total + factor[i]! * factor[j]!, 0);
            expect(sum).toBeCloseTo(data[i * n + j]!, 8);
          }
        }
      }),
    );
  });

  it('leaves out no more variance than allowed, and never claims too much', () => {
    fc.assert(
      fc.property(positive, fc.double({ min: 0.01, max: 0.9, noNaN: true }), ({ n, data }, rest) => {
        const factors = pivotedFactors({ n, data }, rest, n);
        let [trace, left] = [0, 0];
        for (let i = 0; i < n; i++) {
          const variance = data[i * n + i]!;
          const explained = factors.reduce((total, factor) => total + factor[i]! ** 2, 0);
          expect(explained).toBeLessThanOrEqual(variance * (1 + 1e-9));
          trace += variance;
          left += variance - explained;
        }
        expect(left).toBeLessThanOrEqual(rest * trace + 1e-9);
      }),
    );
  });
});

it('quadratic is vᵀ A v', () => {
  // [1, 2] · [[4, 2], [2, 3]] · [1, 2] = 4 + 8 + 12
  expect(quadratic({ n: 2, data: Float64Array.of(4, 2, 2, 3) }, [1, 2])).toBe(24);
});
