/** @file Colour jitter and normalisation, in place on float pixels: the last step before the network. */

/** Mean and standard deviation of ImageNet's training images by channel, of values in 0…1: the usual constants. */
export const channelMean = [0.485, 0.456, 0.406] as const;
export const channelDeviation = [0.229, 0.224, 0.225] as const;

/** Weights of red, green and blue in a pixel's grey value (ITU-R BT.601). */
const grey = [0.299, 0.587, 0.114] as const;

/**
 * Turns `pixels` × 3 values in 0…255 from `offset` on into (clamp(brightness · (saturation · v + (1 − saturation) ·
 * grey)) / 255 − mean) / deviation.
 */
export function normalise(
  values: Float32Array,
  offset: number,
  pixels: number,
  brightness: number,
  saturation: number,
): void {
  const kept = brightness * saturation;
  const greyed = brightness * (1 - saturation);
  const [r0, g0, b0] = [0, 1, 2].map((c) => channelMean[c]! / channelDeviation[c]!) as [number, number, number];
  const [r1, g1, b1] = [0, 1, 2].map((c) => 1 / (255 * channelDeviation[c]!)) as [number, number, number];
  for (let at = offset, end = offset + 3 * pixels; at < end; at += 3) {
    const r = values[at]!;
    const g = values[at + 1]!;
    const b = values[at + 2]!;
    const level = greyed * (grey[0] * r + grey[1] * g + grey[2] * b);
    values[at] = clamp(kept * r + level) * r1 - r0;
    values[at + 1] = clamp(kept * g + level) * g1 - g0;
    values[at + 2] = clamp(kept * b + level) * b1 - b0;
  }
}

/** Faster than Math.min and Math.max, which also order zeros and look for NaN. */
function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
