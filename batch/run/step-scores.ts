/** @file The scores of a phase's weight steps: left on the device as they come, read together when one is asked for. */
import { FastpathError } from '../../shared/errors.ts';
import type { UnreadScore } from '../network/unread-score.ts';

export interface BatchScore {
  /** mean cross entropy of the step's batch, nats */
  loss: number;
  /** share of its images classified right */
  accuracy: number;
}

export class StepScores {
  private readonly unread: { step: number; score: UnreadScore; images: number }[] = [];
  private latest: BatchScore | null = null;

  /** Takes the score of the step that makes it `step` steps over all phases, of a batch of `images` images. */
  add(step: number, score: UnreadScore, images: number): void {
    this.unread.push({ step, score, images });
  }

  /**
   * Of the latest step; waits for the device.
   * @throws FastpathError `training.not-finite` with the first step whose loss is NaN or infinite; weights have moved
   * since, so that only an earlier checkpoint is good
   */
  read(): BatchScore {
    for (const { step, score, images } of this.unread.splice(0)) {
      const { loss, correct } = score.read();
      this.latest = { loss, accuracy: correct / images };
      if (Number.isFinite(loss)) continue;
      throw new FastpathError(
        'training.not-finite',
        `the training loss is ${loss} since step ${step}; lower the learning rate or check the images`,
      );
    }
    return this.latest!;
  }
}
