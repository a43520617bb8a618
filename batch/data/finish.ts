/**
 * @file The last step of an image, into its batch: what is left of its augmentation, and normalisation. Compiled code
 * does it where it is there and the image has its size already, to the same bits.
 */
import type { Pixels } from '../../shared/data/decode.ts';
import type { ImageAddon } from '../backend/native/image-addon.ts';
import type { Augmentation } from './augment.ts';
import { coloursOf, normalise } from './normalise.ts';
import { Resampler } from './resample.ts';

/** One for each loader. */
export class Finisher {
  private readonly resampler = new Resampler();

  constructor(
    private readonly side: number,
    private readonly imageAddon: ImageAddon | null,
  ) {}

  /**
   * @param out gets `side` × `side` × 3 numbers
   * @param further what else is done to them before they are normalised, in 0…255
   */
  into(
    out: Float32Array,
    pixels: Pixels,
    { crop, flip, brightness, saturation }: Augmentation,
    further: ((image: Float32Array) => void) | null,
  ): void {
    const { side, imageAddon, resampler } = this;
    const colours = coloursOf(brightness, saturation);
    const whole = [pixels.width, pixels.height, crop.width, crop.height].every((length) => length === side);
    if (imageAddon !== null && whole && further === null) {
      imageAddon.normalise(out, pixels.data, side, flip, colours);
      return;
    }
    resampler.into(out, 0, pixels, crop, side, flip);
    further?.(out);
    normalise(out, 0, side * side, colours);
  }
}
