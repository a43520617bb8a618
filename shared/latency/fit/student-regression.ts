/**
 * @file Regression on few timings of which some are wild: a Gaussian process prior and Student-t noise with `freedom`
 * degrees of freedom. The noise is a normal whose variance each timing scales by its own weight w ~ Gamma(ν/2, ν/2);
 * weights follow by expectation-maximisation (Lange, Little, Taylor, "Robust statistical modeling using the t
 * distribution", JASA 1989), and what is left is Gaussian (Rasmussen and Williams, 2006, chapter 2).
 */
import { apply, invert, type Symmetric } from './symmetric.ts';

/** Phones report spikes of up to nine times: tails that heavy still leave the bulk its say. */
const freedom = 3;
const rounds = 4;

export interface StudentFit {
  /** log p(residuals, weights), up to a constant that is the same for all settings */
  logEvidence: number;
  /** (K + N)⁻¹ r: the posterior mean at x is k(x, timed) · alpha */
  alpha: Float64Array;
  /** (K + N)⁻¹, n × n */
  precision: Float64Array;
  /** [n] how far each timing is believed: its noise variance was divided by this */
  weights: Float64Array;
}

/**
 * @param prior n × n covariance of the timed networks' residuals under the prior
 * @param residuals [n] timing minus prior mean
 * @param noise [n] variance of a timing of weight 1
 * @returns null where the covariance is not positive definite
 */
export function studentRegression(
  { n, data: prior }: Symmetric,
  residuals: ArrayLike<number>,
  noise: ArrayLike<number>,
): StudentFit | null {
  const weights = new Float64Array(n).fill(1);
  const covariance = new Float64Array(n * n);
  for (let round = 1; ; round++) {
    covariance.set(prior);
    for (let i = 0; i < n; i++) covariance[i * n + i]! += noise[i]! / weights[i]!;
    const inverse = invert({ n, data: covariance });
    if (inverse === null) return null;
    const alpha = apply({ n, data: inverse.data }, residuals);
    if (round === rounds) {
      let logEvidence = -inverse.logDeterminant / 2;
      for (let i = 0; i < n; i++) {
        logEvidence -= (residuals[i]! * alpha[i]!) / 2;
        logEvidence += (freedom / 2) * (Math.log(weights[i]!) - weights[i]! + 1);
      }
      return { logEvidence, alpha, precision: inverse.data, weights };
    }
    for (let i = 0; i < n; i++) {
      // Mean and variance of this timing's noise given all timings.
      const variance = noise[i]! / weights[i]!;
      const mean = variance * alpha[i]!;
      const spread = variance - variance ** 2 * inverse.data[i * n + i]!;
      weights[i] = (freedom + 1) / (freedom + (mean ** 2 + spread) / noise[i]!);
    }
  }
}
