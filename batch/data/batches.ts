/**
 * @file Batches of images for training and validation. Batch b of epoch e is a pure function of the options, e and b,
 * so that a run that was killed goes on exactly where it was. The next few batches are read and decoded, still as
 * 8-bit pixels, while the caller computes.
 */
import { availableParallelism } from 'node:os';
import { FastpathError } from '../../shared/errors.ts';
import { Random } from '../../shared/random.ts';
import type { DataSet } from './data-set.ts';
import { Gate } from './gate.ts';
import { normalise } from './normalise.ts';
import { PixelCache } from './pixel-cache.ts';
import { Resampler } from './resample.ts';
import { SkippedCount, type SkippedImage } from './skipped.ts';
import { type View, Views } from './views.ts';

const defaultCacheBytes = 1 << 30;

export interface LoaderOptions {
  dataSet: DataSet;
  /** which samples, e.g. one half of the training split */
  samples: Uint32Array;
  /** side of the square images in pixels */
  resolution: number;
  batchSize: number;
  seed: number;
  /** random crop, flip and colour; otherwise the centre */
  augment: boolean;
  /** names the order of samples, so that two loaders of one seed shuffle independently */
  streamName: string;
  /**
   * Shuffled anew each epoch, leaving out the last few that fill no batch (the default); false: in the order of
   * `samples`, all of them, the last batch smaller.
   */
  shuffle?: boolean;
  /** batches prepared ahead; 2 by default */
  prefetch?: number;
  /** keeps decoded small images; shared between loaders of one data set, or 1 GiB of its own */
  cache?: PixelCache;
}

export interface Batch {
  /** [n, resolution, resolution, 3], normalised by ImageNet's channel mean and deviation */
  images: Float32Array;
  /** [n] class indices */
  labels: Int32Array;
  /** how many samples could not be decoded and were replaced by another of their class */
  skipped: number;
}

export interface Loader {
  /** side of the square images in pixels */
  readonly resolution: number;
  /** images in every batch but perhaps the last */
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /** Throws `data.too-many-skipped`, `data.undecodable`, and what reading the store throws. */
  get(epoch: number, batch: number): Promise<Batch>;
  /** Drops what was prepared and waits for what is being read. */
  close(): Promise<void>;
}

interface Prepared {
  samples: Uint32Array;
  views: View[];
  skipped: SkippedImage[];
}

/** Throws `data.no-samples` where `samples` is empty. */
export function createLoader(options: LoaderOptions): Loader {
  return new BatchLoader(options);
}

class BatchLoader implements Loader {
  readonly resolution: number;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  private readonly views: Views;
  private readonly skips: SkippedCount;
  // Decoding uses a core each; the caller's own thread gets its share from the system, and idle decoders take none.
  private readonly gate = new Gate(availableParallelism());
  private readonly resampler = new Resampler();
  private readonly ahead = new Map<number, Promise<Prepared>>();
  private order: { epoch: number; samples: Uint32Array } | null = null;
  private readonly shuffle: boolean;
  private readonly prefetch: number;
  private closed = false;

  constructor(private readonly options: LoaderOptions) {
    const { dataSet, samples, batchSize, resolution, seed, augment } = options;
    if (samples.length === 0) throw new FastpathError('data.no-samples', `No samples of ${dataSet.uri} to load.`);
    this.resolution = resolution;
    this.batchSize = batchSize;
    this.shuffle = options.shuffle ?? true;
    this.prefetch = options.prefetch ?? 2;
    const batches = samples.length / batchSize;
    this.batchesPerEpoch = this.shuffle ? Math.max(1, Math.floor(batches)) : Math.ceil(batches);
    const cache = options.cache ?? new PixelCache(defaultCacheBytes);
    this.views = new Views({ dataSet, samples, resolution, seed, augment, cache });
    this.skips = new SkippedCount(dataSet, Math.min(samples.length, this.batchesPerEpoch * batchSize));
  }

  async get(epoch: number, batch: number): Promise<Batch> {
    if (this.closed || batch < 0 || batch >= this.batchesPerEpoch) {
      throw new RangeError(
        `batch ${batch} of epoch ${epoch} asked of ${this.closed ? 'a closed loader' : `${this.batchesPerEpoch} batches`}`,
      );
    }
    const wanted = epoch * this.batchesPerEpoch + batch;
    for (const position of this.ahead.keys()) {
      if (position < wanted || position > wanted + this.prefetch) this.ahead.delete(position);
    }
    // A pass in order is mostly one of a kind: nothing behind its end is prepared.
    const end = this.shuffle ? Number.POSITIVE_INFINITY : (epoch + 1) * this.batchesPerEpoch - 1;
    for (let position = wanted; position <= Math.min(end, wanted + this.prefetch); position++) {
      if (this.ahead.has(position)) continue;
      const preparing = this.prepare(position);
      // Awaited when its turn comes: a failure ahead is no unhandled one.
      preparing.catch(() => undefined);
      this.ahead.set(position, preparing);
    }
    const prepared = await this.ahead.get(wanted)!;
    this.ahead.delete(wanted);
    this.skips.add(prepared.samples, prepared.skipped);
    return this.assemble(prepared);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.ahead.values());
    this.ahead.clear();
  }

  private async prepare(position: number): Promise<Prepared> {
    const epoch = Math.floor(position / this.batchesPerEpoch);
    const first = (position % this.batchesPerEpoch) * this.options.batchSize;
    const samples = this.orderOf(epoch).slice(first, first + this.options.batchSize);
    const skipped: SkippedImage[][] = [];
    const views = await Promise.all(
      Array.from(samples, (sample, i) => {
        const cached = this.views.cached(sample, epoch);
        if (cached !== null) return cached;
        const mine: SkippedImage[] = [];
        skipped[i] = mine;
        return this.gate.run(() => this.views.load(sample, epoch, mine));
      }),
    );
    return { samples, views, skipped: skipped.flat() };
  }

  private orderOf(epoch: number): Uint32Array {
    const { samples, seed, streamName } = this.options;
    if (!this.shuffle) return samples;
    if (this.order?.epoch !== epoch) {
      this.order = { epoch, samples: Random.named(seed, `${streamName}/order/${epoch}`).shuffle(samples.slice()) };
    }
    return this.order.samples;
  }

  private assemble({ views, skipped }: Prepared): Batch {
    const { resolution, dataSet } = this.options;
    const pixelCount = resolution * resolution;
    const images = new Float32Array(views.length * pixelCount * 3);
    views.forEach(({ pixels, augmentation }, i) => {
      const offset = i * pixelCount * 3;
      this.resampler.into(images, offset, pixels, augmentation.crop, resolution, augmentation.flip);
      normalise(images, offset, pixelCount, augmentation.brightness, augmentation.saturation);
    });
    const labels = Int32Array.from(views, ({ sample }) => dataSet.labels[sample]!);
    return { images, labels, skipped: skipped.length };
  }
}
