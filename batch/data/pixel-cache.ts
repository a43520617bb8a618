/**
 * @file Decoded small images, kept up to a bound. First come, first kept: an epoch visits every sample once, so that
 * making room for the newest would only throw out what is needed sooner.
 */
import type { Pixels } from '../../shared/data/decode.ts';

/** Pixels lie in blocks of this size, so that many small images are few allocations. */
const blockBytes = 4 << 20;

/** Bound on what the loaders of a data set keep, unless told otherwise. */
export const defaultCacheBytes = 1 << 30;

export class PixelCache {
  private readonly images = new Map<number, Pixels>();
  private block = new Uint8Array(0);
  private used = 0;
  private total = 0;

  /** @param maxBytes bound on the pixels kept; each image costs about 200 bytes beside it */
  constructor(private readonly maxBytes: number) {}

  get(sample: number): Pixels | undefined {
    return this.images.get(sample);
  }

  /** Keeps a copy of the image where there is room. */
  add(sample: number, image: Pixels): void {
    const size = image.data.length;
    if (this.total + size > this.maxBytes || this.images.has(sample)) return;
    if (this.used + size > this.block.length) {
      this.block = new Uint8Array(Math.min(Math.max(blockBytes, size), this.maxBytes - this.total));
      this.used = 0;
    }
    const data = this.block.subarray(this.used, this.used + size);
    data.set(image.data);
    this.used += size;
    this.total += size;
    this.images.set(sample, { data, width: image.width, height: image.height });
  }
}
