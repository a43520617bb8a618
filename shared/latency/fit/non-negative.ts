/** @file Least squares whose weights are not negative. */
import { apply, invert, type Symmetric } from './symmetric.ts';

export interface Equations {
  /** one row an equation, all of one length */
  rows: readonly ArrayLike<number>[];
  right: ArrayLike<number>;
}

/** ‖A w − b‖² / 2 around weights: its gradient there, and its curvature, the same everywhere. */
interface Descent {
  curvature: Symmetric;
  weights: Float64Array;
  gradient: Float64Array;
}

const mostSweeps = 20_000;
const sweepsPerFace = 20;
const converged = 1e-10;
/** Columns shorter than that are none: their weights would not be numbers. */
const shortest = 1e-100;
/** Added to a curvature of 1, so that dependent columns can be solved for as well. */
const damping = 1e-12;

/**
 * min ‖A w − b‖² over w ≥ 0, by coordinate descent on the normal equations: each weight in turn takes its best value,
 * until none moves (Franc, Hlaváč, Navara, "Sequential coordinate-wise algorithm for the non-negative least squares
 * problem", CAIP 2005). Where columns are nearly the same that creeps; so now and then all weights that are not 0 take
 * their best values together.
 * @returns a weight a column; 0 for columns of zeros
 */
export function nonNegativeLeastSquares({ rows, right }: Equations): Float64Array {
  const n = rows[0]?.length ?? 0;
  // Columns of length 1, so that one measure of a step fits all.
  const lengths = Float64Array.from({ length: n }, (_, a) => {
    const length = Math.hypot(...rows.map((row) => row[a]!));
    return length < shortest ? 0 : length;
  });
  const descent = normalEquations(
    rows.map((row) => Float64Array.from(lengths, (length, a) => (length === 0 ? 0 : row[a]! / length))),
    right,
  );
  for (let sweep = 1; sweep <= mostSweeps; sweep++) {
    let largest = 0;
    for (let a = 0; a < n; a++) {
      if (lengths[a] === 0) continue;
      const step = Math.max(-descent.weights[a]!, -descent.gradient[a]! / descent.curvature.data[a * n + a]!);
      move(descent, a, step);
      largest = Math.max(largest, Math.abs(step));
    }
    if (largest < converged) break;
    if (sweep % sweepsPerFace === 0) solveOnFace(descent);
  }
  return descent.weights.map((weight, a) => (weight === 0 ? 0 : weight / lengths[a]!));
}

function normalEquations(rows: readonly Float64Array[], right: ArrayLike<number>): Descent {
  const n = rows[0]?.length ?? 0;
  const data = new Float64Array(n * n);
  const gradient = new Float64Array(n);
  for (const [i, row] of rows.entries()) {
    for (let a = 0; a < n; a++) {
      const value = row[a]!;
      if (value === 0) continue;
      gradient[a]! -= value * right[i]!;
      for (let b = 0; b < n; b++) data[a * n + b]! += value * row[b]!;
    }
  }
  return { curvature: { n, data }, weights: new Float64Array(n), gradient };
}

function move({ curvature: { n, data }, weights, gradient }: Descent, a: number, step: number): void {
  if (step === 0) return;
  weights[a]! += step;
  for (let b = 0; b < n; b++) gradient[b]! += step * data[a * n + b]!;
}

/** Newton's step in the weights above 0, damped where their columns are dependent, as far as none goes below 0. */
function solveOnFace(descent: Descent): void {
  const { curvature, weights, gradient } = descent;
  const free = [...weights.keys()].filter((a) => weights[a]! > 0);
  const n = free.length;
  const data = Float64Array.from(free.flatMap((a) => free.map((b) => curvature.data[a * curvature.n + b]!)));
  const inverse =
    invert({ n, data }) ?? invert({ n, data: data.map((value, i) => value + (i % (n + 1) ? 0 : damping)) });
  if (inverse === null) return;
  const steps = apply(
    { n, data: inverse.data },
    Float64Array.from(free, (a) => -gradient[a]!),
  );
  const share = free.reduce((least, a, i) => (steps[i]! < 0 ? Math.min(least, -weights[a]! / steps[i]!) : least), 1);
  for (const [i, a] of free.entries()) move(descent, a, Math.max(-weights[a]!, share * steps[i]!));
}
