/** @file Reference batch normalisation in plain float64 loops. Arrays are [rows, channels]; vectors [channels]. */
import { batchNormEpsilon } from '../kernels.ts';

type Floats = Float32Array | Float64Array;

/** Mean and biased variance of each channel. */
export function statistics(x: Floats, channels: number): { mean: Float64Array; variance: Float64Array } {
  const rows = x.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < x.length; i++) mean[i % channels]! += x[i]! / rows;
  for (let i = 0; i < x.length; i++) variance[i % channels]! += (x[i]! - mean[i % channels]!) ** 2 / rows;
  return { mean, variance };
}

/** scale·(x − mean)/√(variance + epsilon) + shift, cut to [0, 6] when `relu6`. */
export function normalised(
  x: Floats,
  mean: Floats,
  variance: Floats,
  scale: Floats,
  shift: Floats,
  relu6: boolean,
): Float64Array {
  return Float64Array.from(x, (value, i) => {
    const c = i % mean.length;
    const y = (scale[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + batchNormEpsilon) + shift[c]!;
    return relu6 ? Math.min(Math.max(y, 0), 6) : y;
  });
}

/** Gradients of training-mode batch normalisation (Ioffe & Szegedy 2015, section 3). */
export function normalisedGrad(
  x: Floats,
  dy: Floats,
  mean: Floats,
  variance: Floats,
  scale: Floats,
  shift: Floats,
  relu6: boolean,
): { dx: Float64Array; dscale: Float64Array; dshift: Float64Array } {
  const channels = mean.length;
  const rows = x.length / channels;
  const dscale = new Float64Array(channels);
  const dshift = new Float64Array(channels);
  const before = normalised(x, mean, variance, scale, shift, false);
  const gradient = Float64Array.from(dy, (g, i) => (relu6 && (before[i]! <= 0 || before[i]! >= 6) ? 0 : g));
  const deviation = (c: number) => Math.sqrt(variance[c]! + batchNormEpsilon);
  const standard = (i: number) => (x[i]! - mean[i % channels]!) / deviation(i % channels);
  for (let i = 0; i < x.length; i++) {
    dshift[i % channels]! += gradient[i]!;
    dscale[i % channels]! += gradient[i]! * standard(i);
  }
  const dx = gradient.map((g, i) => {
    const c = i % channels;
    return (scale[c]! / deviation(c)) * (g - dshift[c]! / rows - (standard(i) * dscale[c]!) / rows);
  });
  return { dx, dscale, dshift };
}
