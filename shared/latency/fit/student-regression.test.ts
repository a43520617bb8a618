import { expect, it } from 'vitest';
import { studentRegression } from './student-regression.ts';

it('one timing: weights, posterior mean and evidence as the formulas give them', () => {
  const [prior, residual, noise, freedom] = [2, 3, 0.5, 3];
  let weight = 1;
  let variance = 0;
  for (let round = 1; round < 4; round++) {
    variance = noise / weight;
    // Mean and variance of the noise given the timing: two normals share one residual.
    const mean = (residual * variance) / (prior + variance);
    const spread = (prior * variance) / (prior + variance);
    weight = (freedom + 1) / (freedom + (mean ** 2 + spread) / noise);
  }
  variance = noise / weight;
  const fit = studentRegression({ n: 1, data: Float64Array.of(prior) }, [residual], [noise])!;
  expect(fit.weights[0]).toBeCloseTo(weight, 12);
  expect(prior * fit.alpha[0]!).toBeCloseTo((residual * prior) / (prior + variance), 12);
  const gaussian = -(residual ** 2) / (2 * (prior + variance)) - Math.log(prior + variance) / 2;
  expect(fit.logEvidence).toBeCloseTo(gaussian + (freedom / 2) * (Math.log(weight) - weight + 1), 12);
});

it('a spike is hardly believed, and moves the others little', () => {
  // Ten timings of one unknown number, known beforehand to within 1.
  const n = 10;
  const prior = { n, data: new Float64Array(n * n).fill(1) };
  const calm = [0.5, 0.48, 0.52, 0.51, 0.49, 0.5, 0.47, 0.53, 0.5, 0.5];
  const noise = new Array<number>(n).fill(0.03 ** 2);
  const meanOf = (values: readonly number[]) => {
    const fit = studentRegression(prior, values, noise)!;
    return { mean: fit.alpha.reduce((sum, value) => sum + value, 0), weights: fit.weights };
  };
  const quiet = meanOf(calm);
  const spiked = meanOf([...calm.slice(0, 9), 4.5]);
  expect(quiet.mean).toBeCloseTo(0.5, 2);
  expect(spiked.weights[9]).toBeLessThan(0.01);
  expect(Math.abs(spiked.mean - quiet.mean)).toBeLessThan(0.02);
});
