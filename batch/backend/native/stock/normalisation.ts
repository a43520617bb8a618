/** @file Batch normalisation over TensorFlow's fused operations, which want images of rank 4. */
import { batchNormEpsilon } from '../../kernels.ts';
import type { Operand } from '../tensorflow.ts';
import type { Operations, StockKernel } from './kernel.ts';

const epsilon = { float: batchNormEpsilon };

/** Any [..., c] as images [rows, 1, 1, c]. */
function asImages(tf: Operations, x: Operand): Operand {
  return x.shape.length === 4 ? x : tf.one('Reshape', [x, tf.integers([-1, 1, 1, x.shape.at(-1)!])]);
}

/** Back in the shape of `like`. */
function shapedLike(tf: Operations, y: Operand, like: Operand): Operand {
  return like.shape.length === 4 ? y : tf.one('Reshape', [y, tf.integers(like.shape)]);
}

function normalised(tf: Operations, inputs: readonly Operand[]): Operand {
  return tf.one('FusedBatchNormV2', inputs, { epsilon, is_training: false }, 5);
}

export const batchNorm: StockKernel<'FastpathBatchNorm'> = (tf, { x, scale, shift }, { relu6 }) => {
  const inputs = [asImages(tf, x!), scale!, shift!, tf.nothing, tf.nothing];
  const [y, mean, unbiased, , reserved] = tf.all('FusedBatchNormV2', inputs, { epsilon }, 5) as [
    ...[Operand, Operand, Operand, Operand, Operand],
  ];
  // What is reserved for the gradient is the biased variance on a CPU, but 1/√(variance + epsilon) on a GPU.
  const rows = x!.shape.reduce((product, size) => product * size, 1) / scale!.shape[0]!;
  const variance = tf.onGpu ? tf.scaled(unbiased, (rows - 1) / rows) : reserved;
  return [shapedLike(tf, relu6 ? tf.one('Relu6', [y]) : y, x!), mean, variance];
};

export const batchNormInference: StockKernel<'FastpathBatchNormInference'> = (tf, inputs, { relu6 }) => {
  const { x, scale, shift, mean, variance } = inputs;
  const y = normalised(tf, [asImages(tf, x!), scale!, shift!, mean!, variance!]);
  return [shapedLike(tf, relu6 ? tf.one('Relu6', [y]) : y, x!)];
};

export const batchNormGrad: StockKernel<'FastpathBatchNormGrad'> = (tf, inputs, { relu6 }) => {
  const { scale, shift, mean, variance } = inputs;
  const x = asImages(tf, inputs.x!);
  let dy = asImages(tf, inputs.dy!);
  if (relu6) dy = tf.one('Relu6Grad', [dy, normalised(tf, [x, scale!, shift!, mean!, variance!])]);
  const reserved = tf.onGpu ? inverseDeviation(tf, variance!) : variance!;
  const outputs = tf.all('FusedBatchNormGradV2', [dy, x, scale!, mean!, reserved], { epsilon }, 5);
  const [dx, dscale, dshift] = outputs as [Operand, Operand, Operand];
  return [shapedLike(tf, dx, inputs.x!), dscale, tf.onGpu ? dshift : sumOfImages(tf, dy)];
};

/**
 * dshift on a CPU, where the fused operation adds a channel's values one after another in float32. Each image's own sum
 * first: the error of thousands of values is a half to a quarter, for a tenth more time.
 */
function sumOfImages(tf: Operations, dy: Operand): Operand {
  return tf.one('Sum', [tf.one('Sum', [dy, tf.integers([1, 2])]), tf.integers([0])]);
}

function inverseDeviation(tf: Operations, variance: Operand): Operand {
  return tf.one('Rsqrt', [tf.one('AddV2', [variance, tf.number(batchNormEpsilon)])]);
}

export const movingAverage: StockKernel<'FastpathMovingAverage'> = (tf, { running, batch }, { momentum }) => {
  tf.replace(running!, tf.one('AddV2', [tf.scaled(running!, 1 - momentum), tf.scaled(batch!, momentum)]));
  return [];
};
