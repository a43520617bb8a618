/** @file Which samples a batch holds: a pure function of the options and the batch's place in the run. */
import { Random } from '../../shared/random.ts';

export interface OrderOptions {
  /** which samples, e.g. one half of the training split */
  samples: Uint32Array;
  batchSize: number;
  seed: number;
  /** names the order of samples, so that two loaders of one seed shuffle independently */
  streamName: string;
  /**
   * Shuffled anew each epoch, leaving out the last few that fill no batch (the default); false: in the order of
   * `samples`, all of them, the last batch smaller.
   */
  shuffle?: boolean;
}

/** Batches are counted through all epochs: batch b of epoch e is at position e · batchesPerEpoch + b. */
export class BatchOrder {
  readonly batchesPerEpoch: number;
  private readonly shuffle: boolean;
  private epochOrder: { epoch: number; samples: Uint32Array } | null = null;

  constructor(private readonly options: OrderOptions) {
    this.shuffle = options.shuffle ?? true;
    const batches = options.samples.length / options.batchSize;
    this.batchesPerEpoch = this.shuffle ? Math.max(1, Math.floor(batches)) : Math.ceil(batches);
  }

  /** How many samples an epoch shows. */
  get samplesPerEpoch(): number {
    return Math.min(this.options.samples.length, this.batchesPerEpoch * this.options.batchSize);
  }

  epochOf(position: number): number {
    return Math.floor(position / this.batchesPerEpoch);
  }

  /** The samples of the batch at `position`, a copy. */
  samplesAt(position: number): Uint32Array {
    const first = (position % this.batchesPerEpoch) * this.options.batchSize;
    return this.samplesOf(this.epochOf(position)).slice(first, first + this.options.batchSize);
  }

  /** The positions that are likely wanted next, at most `count`: a pass in order is mostly one of a kind. */
  after(position: number, count: number): number[] {
    const end = this.shuffle ? Number.POSITIVE_INFINITY : (this.epochOf(position) + 1) * this.batchesPerEpoch - 1;
    return Array.from({ length: Math.max(0, Math.min(count, end - position)) }, (_, i) => position + 1 + i);
  }

  private samplesOf(epoch: number): Uint32Array {
    const { samples, seed, streamName } = this.options;
    if (!this.shuffle) return samples;
    if (this.epochOrder?.epoch !== epoch) {
      const shuffled = Random.named(seed, `${streamName}/order/${epoch}`).shuffle(samples.slice());
      this.epochOrder = { epoch, samples: shuffled };
    }
    return this.epochOrder.samples;
  }
}
