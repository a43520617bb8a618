/**
 * @file Crops of images that are too large to keep whole. TensorFlow decodes the plain JPEGs where it is, four times as
 * fast, for it decodes little more than the crop; libvips decodes everything else.
 */
import { type Crop, decodeCrop, maxPixels, type Pixels } from '../../shared/data/decode.ts';
import type { ImageAddon } from '../backend/native/image-addon.ts';
import { type ImageSize, plainJpegSize } from './jpeg-header.ts';
import { SparePixels } from './spare-pixels.ts';

export class CropDecoder {
  private readonly spare: SparePixels;

  /** @param side of what comes out, in pixels */
  constructor(
    private readonly side: number,
    private readonly addon: ImageAddon | null,
  ) {
    this.spare = new SparePixels(3 * side * side);
  }

  /**
   * The crop at `side` × `side` pixels, or in its own size where that is smaller in either direction. Throws
   * `UndecodableImage`.
   */
  async decode(bytes: Uint8Array, crop: Crop): Promise<Pixels> {
    const { side, addon, spare } = this;
    const size = addon === null ? null : plainJpegSize(bytes);
    if (size !== null && size.width * size.height <= maxPixels) {
      const data = spare.take();
      try {
        await addon!.decodeCrop(bytes, windowOf(size, crop, side), data);
        return { data, width: side, height: side };
      } catch {
        // What is wrong with it, and whether too much, libvips says.
        spare.give(data);
      }
    }
    return decodeCrop(bytes, crop, side);
  }

  /** The pixels will not be looked at again. */
  release({ data }: Pixels): void {
    this.spare.give(data);
  }
}

/** What to decode at which size, and where in it the crop lies: the numbers that `ImageAddon.decodeCrop` takes. */
export function windowOf(size: ImageSize, crop: Crop, side: number): Float64Array {
  // Made smaller while it is decoded, but not so much that it would have to be enlarged again.
  const ratio = [8, 4, 2].find((ratio) => Math.min(crop.width, crop.height) >= ratio * side) ?? 1;
  const down = along(size.height, crop.top, crop.height, ratio);
  const across = along(size.width, crop.left, crop.width, ratio);
  return Float64Array.of(
    ...[ratio, down.from, across.from, down.length, across.length],
    ...[down.start, across.start, crop.height / ratio, crop.width / ratio, side],
  );
}

/** The whole pixels of the smaller image that the crop touches, and where among them it starts. */
function along(imageLength: number, start: number, length: number, ratio: number) {
  const from = Math.floor(start / ratio);
  const to = Math.min(Math.ceil(imageLength / ratio), Math.ceil((start + length) / ratio));
  return { from, length: to - from, start: start / ratio - from };
}
