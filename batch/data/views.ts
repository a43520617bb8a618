/**
 * @file One sample of one epoch, from its number to pixels ready to be placed in a batch. What comes out depends on the
 * seed, the epoch and the sample alone: not on order, timing, or what is cached.
 */

import { availableParallelism } from 'node:os';
import type { DataSet } from '../../shared/data/data-set.ts';
import { decode, type Pixels, sizeOf, UndecodableImage } from '../../shared/data/decode.ts';
import { FastpathError } from '../../shared/errors.ts';
import { Random } from '../../shared/random.ts';
import type { ImageAddon } from '../backend/native/image-addon.ts';
import { type Augmentation, centreView, drawAugmentation } from './augment.ts';
import { CropDecoder } from './crop-decoder.ts';
import { Gate } from './gate.ts';
import { type ImageSize, plainJpegSize } from './jpeg-header.ts';
import type { PixelCache } from './pixel-cache.ts';
import type { SkippedImage } from './skipped.ts';

/** Images up to this side are decoded whole, cached, and cropped on typed arrays; of larger ones the crop is decoded. */
const smallSide = 128;
/** A file up to this size is taken to be a small image and decoded without a look at its header first. */
const smallFileBytes = 8192;
/** How many others of its class may stand in for a sample that cannot be decoded. */
const maxReplacements = 20;

export interface View {
  sample: number;
  pixels: Pixels;
  /** what is still to be done; its crop is the whole of `pixels` where only the crop was decoded */
  augmentation: Augmentation;
}

export interface ViewOptions {
  dataSet: DataSet;
  /** the samples that may stand in for one another */
  samples: Uint32Array;
  resolution: number;
  seed: number;
  augment: boolean;
  cache: PixelCache;
  imageAddon: ImageAddon | null;
}

export class Views {
  private byClass: Map<number, number[]> | null = null;
  // Decoding uses a core each; the caller's own thread gets its share from the system, and idle decoders take none.
  private readonly decoders = new Gate(availableParallelism());
  private readonly crops: CropDecoder;

  constructor(private readonly options: ViewOptions) {
    this.crops = new CropDecoder(options.resolution, options.imageAddon);
  }

  /** The view, where it takes neither reading nor decoding. */
  cached(sample: number, epoch: number): View | null {
    const pixels = this.options.cache.get(sample);
    if (pixels === undefined) return null;
    return { sample, pixels, augmentation: this.draw(sample, epoch, pixels.width, pixels.height) };
  }

  /**
   * The view of a sample, or of the first decodable one of its class in an order drawn for this sample and epoch.
   * Throws `data.undecodable` where none of them is.
   * @param skipped takes what could not be decoded
   */
  async load(sample: number, epoch: number, skipped: SkippedImage[]): Promise<View> {
    let candidate = sample;
    const random = Random.named(this.options.seed, `replace/${epoch}/${sample}`);
    for (let attempt = 0; attempt <= maxReplacements; attempt++) {
      try {
        return this.cached(candidate, epoch) ?? (await this.decoded(candidate, epoch));
      } catch (error) {
        if (!(error instanceof UndecodableImage)) throw error;
        skipped.push({ sample: candidate, name: this.options.dataSet.nameOf(candidate), reason: error.message });
      }
      const others = this.sameClass(sample);
      candidate = others[random.below(others.length)]!;
    }
    const { dataSet } = this.options;
    throw new FastpathError(
      'data.undecodable',
      `${dataSet.nameOf(sample)} in ${dataSet.uri} and ${maxReplacements} others of class ` +
        `${dataSet.classes[dataSet.labels[sample]!]} could not be decoded (${skipped.at(-1)!.reason}): replace them.`,
    );
  }

  /** The view will not be looked at again. */
  release({ pixels }: View): void {
    this.crops.release(pixels);
  }

  private async decoded(sample: number, epoch: number): Promise<View> {
    const bytes = await this.options.dataSet.read(sample);
    return this.decoders.run(() => this.viewOf(bytes, sample, epoch));
  }

  private async viewOf(bytes: Uint8Array, sample: number, epoch: number): Promise<View> {
    const { cache } = this.options;
    const size = bytes.length > smallFileBytes ? (plainJpegSize(bytes) ?? (await sizeOf(bytes))) : null;
    // A small file may hold a large image.
    const decoded = size === null || isSmall(size) ? await decode(bytes) : null;
    const { width, height } = decoded ?? size!;
    const augmentation = this.draw(sample, epoch, width, height);
    if (decoded !== null && isSmall(decoded)) {
      cache.add(sample, decoded);
      return { sample, pixels: decoded, augmentation };
    }
    const pixels = await this.crops.decode(bytes, augmentation.crop);
    return { sample, pixels, augmentation: whole(augmentation, pixels) };
  }

  private draw(sample: number, epoch: number, width: number, height: number): Augmentation {
    if (!this.options.augment) return centreView(width, height);
    return drawAugmentation(Random.named(this.options.seed, `augment/${epoch}/${sample}`), width, height);
  }

  private sameClass(sample: number): number[] {
    const { dataSet, samples } = this.options;
    if (this.byClass === null) {
      this.byClass = new Map();
      for (const other of samples) {
        const label = dataSet.labels[other]!;
        const list = this.byClass.get(label);
        if (list === undefined) this.byClass.set(label, [other]);
        else list.push(other);
      }
    }
    return this.byClass.get(dataSet.labels[sample]!)!;
  }
}

function isSmall({ width, height }: ImageSize): boolean {
  return Math.max(width, height) <= smallSide;
}

function whole(augmentation: Augmentation, { width, height }: ImageSize): Augmentation {
  return { ...augmentation, crop: { left: 0, top: 0, width, height } };
}
