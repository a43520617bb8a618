/** @file How far packing is, and what was left out so far. */
import type { LeftOut } from '../../contract/data-index.ts';
import { FastpathError } from '../../errors.ts';
import type { DataSet } from '../data-set.ts';
import type { PlannedShard } from './plan-shards.ts';

/** What is packed so far, and of how much. */
export interface PackProgress {
  images: number;
  ofImages: number;
  /** of encoded images */
  bytes: number;
  ofBytes: number;
  /** of `bytes`, those that earlier runs packed */
  bytesBefore: number;
  shards: number;
  ofShards: number;
  leftOut: number;
}

/** So many images may be left out whatever the size of the set, else one in a hundred, as in training. */
const alwaysAllowed = 10;
const allowedShare = 0.01;
const namesShown = 5;

export class ProgressCount {
  readonly leftOut: LeftOut[] = [];
  private readonly progress: PackProgress;

  constructor(
    private readonly source: DataSet,
    plan: readonly PlannedShard[],
    private readonly onProgress: (progress: PackProgress) => void,
  ) {
    const ofImages = source.labels.length;
    const ofBytes = plan.reduce((sum, { imageBytes }) => sum + imageBytes, 0);
    const none = { images: 0, bytes: 0, bytesBefore: 0, shards: 0, leftOut: 0 };
    this.progress = { ...none, ofImages, ofBytes, ofShards: plan.length };
  }

  /** A shard that an earlier run packed. */
  addEarlier(shard: PlannedShard, leftOut: readonly LeftOut[]): void {
    this.progress.images += shard.samples.length;
    this.progress.bytes += shard.imageBytes;
    this.progress.bytesBefore += shard.imageBytes;
    for (const image of leftOut) this.leaveOut(image);
    this.addShard();
  }

  addImage(imageBytes: number): void {
    this.progress.images++;
    this.progress.bytes += imageBytes;
    this.tell();
  }

  addShard(): void {
    this.progress.shards++;
    this.tell();
  }

  /** @throws FastpathError `data.too-many-skipped` */
  leaveOut(image: LeftOut): void {
    this.leftOut.push(image);
    this.progress.leftOut = this.leftOut.length;
    if (this.leftOut.length <= Math.max(alwaysAllowed, allowedShare * this.source.labels.length)) return;
    const first = this.leftOut.slice(0, namesShown).map(({ name, reason }) => `${name} (${reason})`);
    throw new FastpathError(
      'data.too-many-skipped',
      `Over ${alwaysAllowed} and over 1 % of the images in ${this.source.uri} could not be decoded. ` +
        `First: ${first.join(', ')}. Repair or remove them.`,
    );
  }

  private tell(): void {
    this.onProgress({ ...this.progress });
  }
}
