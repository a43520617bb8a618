/**
 * @file Makes batches: reads, decodes, augments, assembles. The next few are read and decoded ahead, still as 8-bit
 * pixels. Knows nothing of who asks, so that it may work in a thread of its own.
 */
import type { DataSet } from '../../shared/data/data-set.ts';
import { Random } from '../../shared/random.ts';
import type { ImageAddon } from '../backend/native/image-addon.ts';
import { Ahead } from './ahead.ts';
import { BatchOrder, type OrderOptions } from './batch-order.ts';
import { Finisher } from './finish.ts';
import { Gate } from './gate.ts';
import type { PixelCache } from './pixel-cache.ts';
import { augmentAtRandom, type RandAugment } from './rand-augment.ts';
import type { SkippedImage } from './skipped.ts';
import { type View, Views } from './views.ts';

/**
 * Images read or decoded at once: a bucket answers after tens of milliseconds, and a thousand images a second are wanted
 * of it. As many are in memory still encoded, at most.
 */
const loadedAtOnce = 64;

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
  /** compiled code for the larger images, or null */
  imageAddon: ImageAddon | null;
}

/** Where batches come from. */
export interface BatchSource {
  /** Throws `data.undecodable`, and what reading the store throws. @param position see `BatchOrder` */
  make(position: number): Promise<MadeBatch>;
  /** Takes a batch's images back, not to be looked at again. */
  recycle(images: Float32Array): void;
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
  private readonly loads = new Gate(loadedAtOnce);
  private readonly finisher: Finisher;
  private spare: Float32Array | null = null;
  private readonly prepared = new Ahead((position) => this.prepare(position));

  /** @param prefetch batches decoded ahead */
  constructor(
    private readonly dataSet: DataSet,
    private readonly options: BatchOptions,
    decoding: Decoding,
    private readonly prefetch = 2,
  ) {
    this.order = new BatchOrder(options);
    this.finisher = new Finisher(options.resolution, decoding.imageAddon);
    this.views = new Views({ dataSet, ...decoding, ...options });
  }

  async make(position: number): Promise<MadeBatch> {
    return this.assemble(await this.prepared.take(position, this.order.after(position, this.prefetch)));
  }

  recycle(images: Float32Array): void {
    this.spare = images;
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
        return this.loads.run(() => this.views.load(sample, epoch, mine));
      }),
    );
    // The first that failed in the batch's order, whichever failed first: the same error each time.
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    const views = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    return { epoch, samples, views, skipped: skipped.flat() };
  }

  /** To be written over whole. */
  private memoryFor(length: number): Float32Array {
    const { spare } = this;
    if (spare?.length !== length) return new Float32Array(length);
    this.spare = null;
    return spare;
  }

  private assemble({ epoch, samples, views, skipped }: Prepared): MadeBatch {
    const { resolution, randAugment, seed } = this.options;
    const length = 3 * resolution * resolution;
    const images = this.memoryFor(views.length * length);
    views.forEach((view, i) => {
      const { sample, pixels, augmentation } = view;
      const further = (image: Float32Array) => {
        const random = Random.named(seed, `rand-augment/${epoch}/${sample}`);
        augmentAtRandom(image, resolution, randAugment!, random);
      };
      const image = images.subarray(i * length, (i + 1) * length);
      this.finisher.into(image, pixels, augmentation, randAugment ? further : null);
      this.views.release(view);
    });
    const labels = Int32Array.from(views, ({ sample }) => this.dataSet.labels[sample]!);
    return { images, labels, samples, skipped };
  }
}
