/** @file The REINFORCE form of the architecture step: sampled networks are scored without gradients. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Path } from '../../shared/space/plan.ts';
import * as ops from '../backend/ops.ts';
import { passes } from '../network/pass.ts';
import { type StepLoss, UnreadScore } from '../network/unread-score.ts';
import type { Supernet } from './supernet.ts';

/** Cross entropy and right answers of each path on one validation batch; batch statistics, nothing updated. */
export function scorePaths(supernet: Supernet, paths: readonly Path[], images: Tensor, labels: Int32Array): StepLoss[] {
  const scores = paths.map((path) => {
    const logits = supernet.network(path).logits(images, passes.probe);
    const { score, dLogits } = ops.softmaxCrossEntropy(logits, labels, 0);
    logits.dispose();
    dLogits.dispose();
    return UnreadScore.of(score);
  });
  return scores.map((score) => score.read());
}
