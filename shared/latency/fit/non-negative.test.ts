/** @file Least squares with weights from 0: solutions meet the Karush–Kuhn–Tucker conditions. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nonNegativeLeastSquares } from './non-negative.ts';

test('where no weight is pushed below 0 it is plain least squares', () => {
  const rows = [
    [1, 0],
    [1, 1],
    [1, 2],
  ];
  const [a, b] = nonNegativeLeastSquares({ rows, right: [1, 3, 5] });
  expect(a).toBeCloseTo(1, 6);
  expect(b).toBeCloseTo(2, 6);
});

test('columns that are nearly the same are told apart', () => {
  const rows = [
    [1, 1, 0],
    [1, 1 + 1e-5, 0.5],
    [1, 1, 1],
    [1, 1 - 1e-5, 0.25],
  ];
  const truth = [2, 3, 0.5];
  const right = rows.map((row) => row.reduce((sum, value, j) => sum + value * truth[j]!, 0));
  const weights = nonNegativeLeastSquares({ rows, right });
  for (const [j, value] of truth.entries()) expect(weights[j]).toBeCloseTo(value, 4);
});

test('no weight could be changed for the better', () => {
  const number = fc.double({ min: -1, max: 1, noNaN: true });
  const problem = fc.array(fc.tuple(fc.tuple(number, number, number), number), { minLength: 4, maxLength: 12 });
  fc.assert(
    fc.property(problem, (equations) => {
      const rows = equations.map(([row]) => row);
      const right = equations.map(([, value]) => value);
      const weights = nonNegativeLeastSquares({ rows, right });
      const errors = rows.map((row, i) => row.reduce((sum, value, j) => sum + value * weights[j]!, -right[i]!));
      for (let j = 0; j < 3; j++) {
        const slope = errors.reduce((sum, error, i) => sum + error * rows[i]![j]!, 0);
        expect(weights[j]).toBeGreaterThanOrEqual(0);
        if (weights[j]! > 1e-3) expect(Math.abs(slope)).toBeLessThan(1e-4);
        else expect(slope).toBeGreaterThan(-1e-4);
      }
    }),
  );
});
