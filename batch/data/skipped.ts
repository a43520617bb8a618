/** @file Counts images that could not be decoded and ends the run where they are too many. */

import type { DataSetFacts } from '../../shared/data/data-set.ts';
import { FastpathError } from '../../shared/errors.ts';

/** Share of the images that may be skipped. */
const allowedShare = 0.01;
/** Before this many images were seen, nothing is concluded. */
const fewestSeen = 100;
const namesShown = 5;

export interface SkippedImage {
  sample: number;
  name: string;
  reason: string;
}

export class SkippedCount {
  private readonly seen: Uint8Array;
  private readonly skipped = new Map<number, SkippedImage>();
  private seenCount = 0;

  /** @param epochSamples how many samples one epoch shows */
  constructor(
    private readonly dataSet: DataSetFacts,
    private readonly epochSamples: number,
  ) {
    this.seen = new Uint8Array(dataSet.labels.length);
  }

  /**
   * Adds a batch, counting each sample once however often it comes. Throws `data.too-many-skipped` once all of an epoch
   * was seen and over 1 % of it skipped; before that where skipped samples are more than 1 % and three standard
   * deviations, so that two unlucky images at the start do not end a run that is within bounds.
   */
  add(samples: Iterable<number>, skipped: readonly SkippedImage[]): void {
    for (const sample of samples) this.see(sample);
    for (const image of skipped) {
      this.see(image.sample);
      this.skipped.set(image.sample, image);
    }
    const expected = allowedShare * this.seenCount;
    const whole = this.seenCount >= this.epochSamples;
    const limit = whole ? expected : expected + 3 * Math.sqrt(expected);
    if ((whole || this.seenCount >= fewestSeen) && this.skipped.size > limit) throw this.tooMany();
  }

  /** Distinct samples that could not be decoded. */
  get count(): number {
    return this.skipped.size;
  }

  private see(sample: number): void {
    if (this.seen[sample] === 0) this.seenCount++;
    this.seen[sample] = 1;
  }

  private tooMany(): FastpathError {
    const first = [...this.skipped.values()].slice(0, namesShown);
    const names = first.map(({ name, reason }) => `${name} (${reason})`).join(', ');
    return new FastpathError(
      'data.too-many-skipped',
      `${this.skipped.size} of ${this.seenCount} images in ${this.dataSet.uri} could not be decoded, over 1 %. ` +
        `First: ${names}. Repair or remove them.`,
    );
  }
}
