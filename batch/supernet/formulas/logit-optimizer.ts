/** @file Adam on the path logits: dense, betas (0, 0.999), epsilon 1e-8, no weight decay (Kingma, Ba, 2015). */

import { FastpathError } from '../../../shared/errors.ts';
import type { PerCandidate } from '../../../shared/space/plan.ts';

const BETA2 = 0.999;
const EPSILON = 1e-8;

/** What a checkpoint holds; plain numbers. With beta1 = 0 there is no first moment to keep. */
export interface LogitOptimizerState {
  steps: number;
  /** running mean of squared gradients, per block and candidate */
  secondMoments: number[][];
}

/**
 * How far a logit would go in a short run, in nats, if all its gradients agreed. They do not: a candidate is in two of
 * seven pairs, and a gate's mean is about 0.15 of its deviation, which leaves a tenth. With 6 nats the way down to a
 * tight budget takes all of that, and the path found is a random one (`decide.test.ts`); with over 60, short runs
 * follow the noise.
 */
const TRAVEL = 30;

/**
 * Learning rate for a run of so many architecture steps: the published 1e-3, or more where the run is too short to
 * decide anything at it, because Adam moves a logit by about its rate a step.
 */
export function defaultLogitLearningRate(plannedSteps: number): number {
  return Math.max(1e-3, TRAVEL / Math.max(1, plannedSteps));
}

export class LogitOptimizer {
  private steps: number;
  private readonly secondMoments: Float64Array[];

  /** @param state continues where `state` was read; its shape must be that of `candidateCounts` */
  constructor(
    candidateCounts: readonly number[],
    readonly learningRate: number,
    state?: LogitOptimizerState,
  ) {
    const counts = state?.secondMoments.map((block) => block.length).join();
    if (counts !== undefined && counts !== candidateCounts.join()) {
      throw new FastpathError(
        'checkpoint.logits',
        `the saved optimizer has blocks of ${counts} candidates, the space ${candidateCounts.join()}; start afresh`,
      );
    }
    this.steps = state?.steps ?? 0;
    this.secondMoments = candidateCounts.map((count, k) =>
      state ? Float64Array.from(state.secondMoments[k]!) : new Float64Array(count),
    );
  }

  get state(): LogitOptimizerState {
    return { steps: this.steps, secondMoments: this.secondMoments.map((block) => Array.from(block)) };
  }

  /**
   * One step on all blocks, in place. An entry whose gradient is 0 does not move (beta1 = 0), though its second
   * moment decays: the optimizer is dense.
   */
  step(logits: readonly Float64Array[], gradient: PerCandidate): void {
    this.steps++;
    const correction = 1 - BETA2 ** this.steps;
    for (const [k, block] of logits.entries()) {
      const moments = this.secondMoments[k]!;
      for (let i = 0; i < block.length; i++) {
        const g = gradient[k]![i]!;
        const moment = BETA2 * moments[i]! + (1 - BETA2) * g * g;
        moments[i] = moment;
        block[i]! -= (this.learningRate * g) / (Math.sqrt(moment / correction) + EPSILON);
      }
    }
  }
}
