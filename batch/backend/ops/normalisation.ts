/** @file Batch normalisation (epsilon 1e-3) over all axes but the last, fused with ReLU6 where asked. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { requireRank, requireShape } from '../geometry.ts';
import { runKernel, runSingle } from './run.ts';

export interface NormalisationOptions {
  /** Whether ReLU6 follows. */
  relu6: boolean;
}

/**
 * y = [ReLU6] scale·(x − mean)/√(variance + 1e-3) + shift with the batch's own mean and biased variance.
 * @param x [..., c]; @param scale [c]; @param shift [c]
 * @returns y like x, mean [c], variance [c]
 * @throws FastpathError `backend.shape`
 */
export function batchNorm(
  x: Tensor,
  scale: Tensor,
  shift: Tensor,
  options: NormalisationOptions,
): { y: Tensor; mean: Tensor; variance: Tensor } {
  requireChannels(x, { scale, shift });
  const [y, mean, variance] = runKernel('FastpathBatchNorm', { x, scale, shift }, { relu6: options.relu6 });
  return { y: y!, mean: mean!, variance: variance! };
}

/**
 * Gradients of `batchNorm` from its input x, its statistics and dy; ReLU6's mask is computed again from x.
 * @returns dx like x, dscale [c], dshift [c]
 * @throws FastpathError `backend.shape`
 */
export function batchNormGrad(
  x: Tensor,
  dy: Tensor,
  scale: Tensor,
  shift: Tensor,
  mean: Tensor,
  variance: Tensor,
  options: NormalisationOptions,
): { dx: Tensor; dscale: Tensor; dshift: Tensor } {
  requireShape('an output gradient', dy.shape, x.shape);
  requireChannels(x, { scale, shift, mean, variance });
  const inputs = { x, dy, scale, shift, mean, variance };
  const [dx, dscale, dshift] = runKernel('FastpathBatchNormGrad', inputs, { relu6: options.relu6 });
  return { dx: dx!, dscale: dscale!, dshift: dshift! };
}

/** `batchNorm` with given statistics in place of the batch's. @throws FastpathError `backend.shape` */
export function batchNormInference(
  x: Tensor,
  scale: Tensor,
  shift: Tensor,
  mean: Tensor,
  variance: Tensor,
  options: NormalisationOptions,
): Tensor {
  requireChannels(x, { scale, shift, mean, variance });
  return runSingle('FastpathBatchNormInference', { x, scale, shift, mean, variance }, { relu6: options.relu6 });
}

/** In place: running = (1 − momentum)·running + momentum·batch. @throws FastpathError `backend.shape` */
export function movingAverage(running: Tensor, batch: Tensor, momentum: number): void {
  requireShape('batch statistics', batch.shape, running.shape);
  runKernel('FastpathMovingAverage', { running, batch }, { momentum });
}

function requireChannels(x: Tensor, vectors: Record<string, Tensor>): void {
  requireRank('values to normalise', x, Math.max(1, x.rank));
  const channels = [x.shape[x.rank - 1]!];
  for (const [name, vector] of Object.entries(vectors)) requireShape(`a ${name}`, vector.shape, channels);
}
