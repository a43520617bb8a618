/** @file One SGD step of a network's weights: a plain network and a supernet's sampled path take the same one. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as ops from '../backend/ops.ts';
import type { LossOptions } from './classifier.ts';
import type { ConvNet, StepLoss } from './conv-net.ts';

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
 * @throws FastpathError `training.not-finite` before anything is updated
 */
export function weightStep(
  network: ConvNet,
  images: Tensor,
  labels: Int32Array,
  loss: LossOptions,
  { learningRate, weightDecay }: SgdOptions,
): StepLoss {
  return network.weightGradients(images, labels, loss, (parameter, gradient) => {
    ops.sgdNesterov(parameter.value, parameter.momentum.value, gradient, {
      learningRate,
      momentum,
      weightDecay: parameter.decays ? weightDecay : 0,
    });
    gradient.dispose();
  });
}
