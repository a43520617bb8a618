/** @file Colour jitter and normalisation, in place on float pixels: the last step before the network. */

/** Mean and standard deviation of ImageNet's training images by channel, of values in 0…1: the usual constants. */
export const channelMean = [0.485, 0.456, 0.406] as const;
export const channelDeviation = [0.229, 0.224, 0.225] as const;

/** Weights of red, green and blue in a pixel's grey value (ITU-R BT.601). */
const grey = [0.299, 0.587, 0.114] as const;

/**
 * What a pixel is changed by, as one list: the shares of its own colour and of its grey; the weights of red, green and
 * blue in its grey; what each channel is then multiplied by; what is then taken away from each.
 */
export type Colours = Float64Array;

type Eleven = [number, number, number, number, number, number, number, number, number, number, number];

export function coloursOf(brightness: number, saturation: number): Colours {
  return Float64Array.of(
    ...[brightness * saturation, brightness * (1 - saturation)],
    ...grey,
    ...channelDeviation.map((deviation) => 1 / (255 * deviation)),
    ...channelDeviation.map((deviation, c) => channelMean[c]! / deviation),
  );
}

/**
 * Turns `pixels` × 3 values in 0…255 from `offset` on into (clamp(brightness · (saturation · v + (1 − saturation) ·
 * grey)) / 255 − mean) / deviation. Compiled code repeats it to the last bit: `backend/native/images/normalise.cc`.
 */
export function normalise(values: Float32Array, offset: number, pixels: number, colours: Colours): void {
  const [kept, greyed, greyR, greyG, greyB, r1, g1, b1, r0, g0, b0] = colours as unknown as Eleven;
  for (let at = offset, end = offset + 3 * pixels; at < end; at += 3) {
    const r = values[at]!;
    const g = values[at + 1]!;
    const b = values[at + 2]!;
    const level = greyed * (greyR * r + greyG * g + greyB * b);
    values[at] = clamp(kept * r + level) * r1 - r0;
    values[at + 1] = clamp(kept * g + level) * g1 - g0;
    values[at + 2] = clamp(kept * b + level) * b1 - b0;
  }
}

/** Faster than Math.min and Math.max, which also order zeros and look for NaN. */
function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
