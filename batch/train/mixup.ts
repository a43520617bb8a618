/**
 * @file Mixup (Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018): each image is
 * blended with another of its batch, and so are their labels.
 */
import type { Random } from '../../shared/random.ts';

export interface Mixed {
  /** [n, r, r, 3], blended */
  images: Float32Array;
  /** [n] labels of the other images */
  labels: Int32Array;
  /** of the first image and label in the blend, from 0 to 1 */
  share: number;
}

/** Blends a batch with itself in reverse order, by one share drawn from Beta(alpha, alpha). */
export function mixBatch(images: Float32Array, labels: Int32Array, alpha: number, random: Random): Mixed {
  const share = drawBeta(alpha, random);
  const size = images.length / labels.length;
  const mixed = new Float32Array(images.length);
  for (let i = 0; i < labels.length; i++) {
    const from = i * size;
    const other = (labels.length - 1 - i) * size;
    for (let k = 0; k < size; k++) mixed[from + k] = share * images[from + k]! + (1 - share) * images[other + k]!;
  }
  return { images: mixed, labels: labels.slice().reverse(), share };
}

/** From Beta(a, a): x / (x + y) of two from Gamma(a). */
export function drawBeta(alpha: number, random: Random): number {
  const [x, y] = [drawGamma(alpha, random), drawGamma(alpha, random)];
  // Both may round to 0 where alpha is tiny: the distribution is then a fair coin.
  return x + y > 0 ? x / (x + y) : Number(random.uniform() < 0.5);
}

/** From Gamma(shape, 1), by rejection (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000). */
function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
