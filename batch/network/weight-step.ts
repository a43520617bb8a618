/** @file One SGD step of a network's weights: a plain network and a supernet's sampled path take the same one. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as ops from '../backend/ops.ts';
import type { LossOptions } from './classifier.ts';
import type { ConvNet } from './conv-net.ts';
import type { Parameter } from './parameter.ts';
import { UnreadScore } from './unread-score.ts';

export interface SgdOptions {
  learningRate: number;
  weightDecay: number;
}

/** Nesterov momentum of all weight steps. */
const momentum = 0.9;

/**
 * Forward, backward and update. Each parameter is updated as soon as its gradient is known, so that gradients of the
 * whole network never exist at once. Parameters outside the network do not move: no gradient, decay or momentum.
 * @param images [n, r, r, 3]
 * @returns the score, which the caller reads or disposes of
 */
export function weightStep(
  network: ConvNet,
  images: Tensor,
  labels: Int32Array,
  loss: LossOptions,
  options: SgdOptions,
): UnreadScore {
  return network.weightGradients(images, labels, loss, (parameter, gradient) => update(parameter, gradient, options));
}

export interface LabelledBatch {
  /** [n, r, r, 3] */
  images: Tensor;
  labels: Int32Array;
  loss: LossOptions;
}

/**
 * One step by the mean gradient of several batches, which all fit in memory where their union would not. Running
 * statistics move with every batch.
 * @returns the score of all batches, which the caller reads or disposes of
 */
export function accumulatedWeightStep(
  network: ConvNet,
  batches: readonly LabelledBatch[],
  options: SgdOptions,
): UnreadScore {
  const sums = new Map<Parameter, Tensor>();
  const share = 1 / batches.length;
  const terms = batches.map(({ images, labels, loss }) => {
    const score = network.weightGradients(images, labels, { ...loss, scale: share }, (parameter, gradient) => {
      const before = sums.get(parameter);
      sums.set(parameter, before ? ops.add(before, gradient) : gradient);
      if (!before) return;
      before.dispose();
      gradient.dispose();
    });
    return { score, lossShare: share, correctShare: 1 };
  });
  for (const [parameter, gradient] of sums) update(parameter, gradient, options);
  return UnreadScore.sum(terms);
}

/** Takes the gradient. */
function update(parameter: Parameter, gradient: Tensor, { learningRate, weightDecay }: SgdOptions): void {
  ops.sgdNesterov(parameter.value, parameter.momentum.value, gradient, {
    learningRate,
    momentum,
    weightDecay: parameter.decays ? weightDecay : 0,
  });
  gradient.dispose();
}
