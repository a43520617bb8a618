/**
 * @file Batches of images for training and validation. Batch b of epoch e is a pure function of the options, e and b,
 * so that a run that was killed goes on exactly where it was. Where batches are made is another matter: in this thread
 * (`createLoader`), or in one of their own (`Feed`).
 */

import type { DataSet, DataSetFacts } from '../../shared/data/data-set.ts';
import { FastpathError } from '../../shared/errors.ts';
import { BatchMaker, type BatchOptions, type BatchSource, type Decoding } from './batch-maker.ts';
import { BatchOrder } from './batch-order.ts';
import { defaultCacheBytes, PixelCache } from './pixel-cache.ts';
import { SkippedCount } from './skipped.ts';

export interface LoaderOptions extends BatchOptions, Partial<Decoding> {
  dataSet: DataSet;
  /** batches prepared ahead; 2 by default */
  prefetch?: number;
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
  /** Throws `data.too-many-skipped`, and what `BatchSource.make` throws. */
  get(epoch: number, batch: number): Promise<Batch>;
  /**
   * Takes a batch's images back, as memory for another: not to be looked at again. It need not be called, but memory
   * that is new to the process takes as long to get as an image takes to be put into it.
   */
  recycle(images: Float32Array): void;
  /** Drops what was prepared and waits for what is being read. */
  close(): Promise<void>;
}

/**
 * A loader that works in this thread, by default with libvips and 1 GiB of small images. Throws `data.no-samples` where
 * `samples` is empty.
 */
export function createLoader({ dataSet, prefetch, cache, imageAddon, ...options }: LoaderOptions): Loader {
  const decoding = { cache: cache ?? new PixelCache(defaultCacheBytes), imageAddon: imageAddon ?? null };
  const maker = () => new BatchMaker(dataSet, options, decoding, prefetch);
  return new BatchLoader(dataSet, options, maker);
}

/** Checks what is asked for, and counts what was skipped among the batches that were really taken. */
export class BatchLoader implements Loader {
  readonly resolution: number;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  private readonly source: BatchSource;
  private readonly skips: SkippedCount;
  private closed = false;

  /** Throws `data.no-samples` where `samples` is empty. */
  constructor(dataSet: DataSetFacts, options: BatchOptions, openSource: () => BatchSource) {
    if (options.samples.length === 0) {
      throw new FastpathError('data.no-samples', `No samples of ${dataSet.uri} to load.`);
    }
    const order = new BatchOrder(options);
    this.resolution = options.resolution;
    this.batchSize = options.batchSize;
    this.batchesPerEpoch = order.batchesPerEpoch;
    this.source = openSource();
    this.skips = new SkippedCount(dataSet, order.samplesPerEpoch);
  }

  async get(epoch: number, batch: number): Promise<Batch> {
    if (this.closed || batch < 0 || batch >= this.batchesPerEpoch) {
      const asked = this.closed ? 'a closed loader' : `${this.batchesPerEpoch} batches`;
      throw new RangeError(`batch ${batch} of epoch ${epoch} asked of ${asked}`);
    }
    const { images, labels, samples, skipped } = await this.source.make(epoch * this.batchesPerEpoch + batch);
    this.skips.add(samples, skipped);
    return { images, labels, skipped: skipped.length };
  }

  recycle(images: Float32Array): void {
    if (!this.closed) this.source.recycle(images);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.source.close();
  }
}
