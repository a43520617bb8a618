/** @file Small dense symmetric matrices, row by row in one array: inverses and Cholesky factors. */

/** A symmetric n × n matrix, all n² numbers. */
export interface Symmetric {
  n: number;
  data: Float64Array;
}

export interface Inverse {
  data: Float64Array;
  /** natural logarithm of the determinant of what was inverted */
  logDeterminant: number;
}

/**
 * The inverse of a positive definite matrix, through its Cholesky factor.
 * @returns null where the matrix is not positive definite to working precision
 */
export function invert({ n, data }: Symmetric): Inverse | null {
  const l = Float64Array.from(data);
  let logDeterminant = 0;
  for (let j = 0; j < n; j++) {
    let pivot = l[j * n + j]!;
    for (let k = 0; k < j; k++) pivot -= l[j * n + k]! ** 2;
    if (!(pivot > 0)) return null;
    const root = Math.sqrt(pivot);
    l[j * n + j] = root;
    logDeterminant += 2 * Math.log(root);
    for (let i = j + 1; i < n; i++) {
      let sum = l[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = sum / root;
    }
  }
  // The factor's own inverse takes its place, then A⁻¹ = L⁻ᵀ L⁻¹.
  for (let j = 0; j < n; j++) {
    l[j * n + j] = 1 / l[j * n + j]!;
    for (let i = j + 1; i < n; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= l[i * n + k]! * l[k * n + j]!;
      l[i * n + j] = sum / l[i * n + i]!;
    }
  }
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += l[k * n + i]! * l[k * n + j]!;
      inverse[i * n + j] = sum;
      inverse[j * n + i] = sum;
    }
  }
  return { data: inverse, logDeterminant };
}

/** A matrix times a vector. */
export function apply({ n, data }: Symmetric, vector: ArrayLike<number>): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += data[i * n + j]! * vector[j]!;
    out[i] = sum;
  }
  return out;
}

/**
 * Columns f₁ … fₖ with A ≈ Σ fⱼ fⱼᵀ: the Cholesky factor of a positive semi-definite matrix, pivoted on the largest
 * variance left, until all but `rest` of the trace is explained or there are `most` columns. What is left out is never
 * negative on the diagonal (Higham, "Accuracy and Stability of Numerical Algorithms", 10.3).
 */
export function pivotedFactors({ n, data }: Symmetric, rest: number, most: number): Float64Array[] {
  const left = Float64Array.from({ length: n }, (_, i) => data[i * n + i]!);
  const trace = left.reduce((sum, variance) => sum + variance, 0);
  const factors: Float64Array[] = [];
  while (factors.length < most && left.reduce((sum, variance) => sum + variance, 0) > rest * trace) {
    const pivot = left.indexOf(left.reduce((a, b) => Math.max(a, b)));
    const root = Math.sqrt(left[pivot]!);
    const factor = Float64Array.from({ length: n }, (_, i) => {
      const explained = factors.reduce((sum, one) => sum + one[i]! * one[pivot]!, 0);
      return (data[i * n + pivot]! - explained) / root;
    });
    factors.push(factor);
    for (let i = 0; i < n; i++) left[i] = Math.max(0, left[i]! - factor[i]! ** 2);
    left[pivot] = 0;
  }
  return factors;
}

/** vᵀ A v */
export function quadratic({ n, data }: Symmetric, vector: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < n; i++) {
    const value = vector[i]!;
    if (value === 0) continue;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += data[i * n + j]! * vector[j]!;
    total += value * sum;
  }
  return total;
}
