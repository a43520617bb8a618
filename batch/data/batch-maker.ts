/**
 * @file Makes batches: reads, decodes, augments, assembles. The next few are read and decoded ahead, still as 8-bit
 * pixels. Knows nothing of who asks, so that it may work in a thread of its own.
 */
import { availableParallelism } from 'node:os';
import type { DataSet } from '../../shared/data/data-set.ts';
import { Random } from '../../shared/random.ts';
import { Ahead } from './ahead.ts';
import { BatchOrder, type OrderOptions } from './batch-order.ts';
import type { CropDecoder } from './crop-decoder.ts';
import { Gate } from './gate.ts';
import { normalise } from './normalise.ts';
import type { PixelCache } from './pixel-cache.ts';
import { augmentAtRandom, type RandAugment } from './rand-augment.ts';
import { Resampler } from './resample.ts';
import type { SkippedImage } from './skipped.ts';
import { type View, Views } from './views.ts';

/** What a batch is made of, but for the data set itself: plain data. */
export interface BatchOptions extends OrderOptions {
  /** side of the square images in pixels */
  resolution: number;
  /** random crop, flip and colour; otherwise the centre */
  augment: boolean;
  /** further operations on each image, drawn for it; null or left out: none */
  randAugment?: RandAugment | null;
}

/** A finished batch of n images, and what it came of. */
export interface MadeBatch {
  /** [n, resolution, resolution, 3], normalised by ImageNet's channel mean and deviation */
  images: Float32Array;
  /** [n] class indices */
  labels: Int32Array;
  /** [n] the samples that were to be shown */
  samples: Uint32Array;
  /** those that could not be decoded, each replaced by another of its class */
  skipped: SkippedImage[];
}

/** How images are decoded. */
export interface Decoding {
  /** keeps decoded small images */
  cache: PixelCache;
  decodeCrop: CropDecoder;
}

/** Where batches come from. */
export interface BatchSource {
  /** Throws `data.undecodable`, and what reading the store throws. @param position see `BatchOrder` */
  make(position: number): Promise<MadeBatch>;
  /** Drops what was prepared and waits for what is being read. */
  close(): Promise<void>;
}

interface Prepared {
  epoch: number;
  samples: Uint32Array;
  views: View[];
  skipped: SkippedImage[];
}

export class BatchMaker implements BatchSource {
  private readonly order: BatchOrder;
  private readonly views: Views;
  // Decoding uses a core each; the caller's own thread gets its share from the system, and idle decoders take none.
  private readonly gate = new Gate(availableParallelism());
  private readonly resampler = new Resampler();
  private readonly prepared = new Ahead((position) => this.prepare(position));

  /** @param prefetch batches decoded ahead */
  constructor(
    private readonly dataSet: DataSet,
    private readonly options: BatchOptions,
    decoding: Decoding,
    private readonly prefetch = 2,
  ) {
    this.order = new BatchOrder(options);
    this.views = new Views({ dataSet, ...decoding, ...options });
  }

  async make(position: number): Promise<MadeBatch> {
    return this.assemble(await this.prepared.take(position, this.order.after(position, this.prefetch)));
  }

  close(): Promise<void> {
    return this.prepared.close();
  }

  private async prepare(position: number): Promise<Prepared> {
    const epoch = this.order.epochOf(position);
    const samples = this.order.samplesAt(position);
    const skipped: SkippedImage[][] = [];
    const settled = await Promise.allSettled(
      Array.from(samples, (sample, i) => {
        const cached = this.views.cached(sample, epoch);
        if (cached !== null) return cached;
        const mine: SkippedImage[] = [];
        skipped[i] = mine;
        return this.gate.run(() => this.views.load(sample, epoch, mine));
      }),
    );
    // The first that failed in the batch's order, whichever failed first: the same error each time.
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    const views = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    return { epoch, samples, views, skipped: skipped.flat() };
  }

  private assemble({ epoch, samples, views, skipped }: Prepared): MadeBatch {
    const { resolution, randAugment, seed } = this.options;
    const pixelCount = resolution * resolution;
    const images = new Float32Array(views.length * pixelCount * 3);
    views.forEach(({ sample, pixels, augmentation }, i) => {
      const offset = i * pixelCount * 3;
      this.resampler.into(images, offset, pixels, augmentation.crop, resolution, augmentation.flip);
      if (randAugment) {
        const random = Random.named(seed, `rand-augment/${epoch}/${sample}`);
        augmentAtRandom(images.subarray(offset, offset + pixelCount * 3), resolution, randAugment, random);
      }
      normalise(images, offset, pixelCount, augmentation.brightness, augmentation.saturation);
    });
    const labels = Int32Array.from(views, ({ sample }) => this.dataSet.labels[sample]!);
    return { images, labels, samples, skipped };
  }
}
