/**
 * @file Loss and hits of a step, left on the device until somebody needs the numbers. Reading waits for all that the
 * device has been told to do so far, so a loop that reads each step keeps an accelerator idle between steps.
 */
import type { Tensor } from '@tensorflow/tfjs-core';

export interface StepLoss {
  /** mean cross entropy of the batch, nats */
  loss: number;
  /** images classified right */
  correct: number;
}

/** A summand of a score: loss and hits, each times its share. */
interface Part {
  /** [2]: loss, hits */
  values: Tensor;
  lossShare: number;
  correctShare: number;
}

export class UnreadScore {
  private constructor(private readonly parts: readonly Part[]) {}

  /** @param values [2]: loss, hits; the score's from here on */
  static of(values: Tensor): UnreadScore {
    return new UnreadScore([{ values, lossShare: 1, correctShare: 1 }]);
  }

  /** The sum of scores, loss and hits each times its share; takes the scores. */
  static sum(terms: readonly { score: UnreadScore; lossShare: number; correctShare: number }[]): UnreadScore {
    return new UnreadScore(
      terms.flatMap(({ score, lossShare, correctShare }) =>
        score.parts.map((part) => ({
          values: part.values,
          lossShare: part.lossShare * lossShare,
          correctShare: part.correctShare * correctShare,
        })),
      ),
    );
  }

  /** Waits for the device and frees what lay on it; once. */
  read(): StepLoss {
    const sum = { loss: 0, correct: 0 };
    for (const { values, lossShare, correctShare } of this.parts) {
      const [loss, correct] = values.dataSync<'float32'>();
      sum.loss += lossShare * loss!;
      sum.correct += correctShare * correct!;
    }
    this.dispose();
    return sum;
  }

  dispose(): void {
    for (const { values } of this.parts) values.dispose();
  }
}
