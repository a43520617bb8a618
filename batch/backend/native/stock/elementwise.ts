/** @file Sums, products and the optimiser's update. */
import type { StockKernel } from './kernel.ts';

export const add: StockKernel<'FastpathAdd'> = (tf, { a, b }) => [tf.one('AddV2', [a!, b!])];

export const multiply: StockKernel<'FastpathMultiply'> = (tf, { a, b }) => [tf.one('Mul', [a!, b!])];

/** Summed in float64: gradients of gates are differences of such products. */
export const innerProduct: StockKernel<'FastpathInnerProduct'> = (tf, { a, b }) => {
  const products = tf.one('Cast', [tf.one('Mul', [a!, b!])], { DstT: { type: 'float64' } });
  const sum = tf.one('Sum', [products, tf.integers(a!.shape.map((_, axis) => axis))]);
  return [tf.one('Reshape', [tf.one('Cast', [sum], { DstT: { type: 'float32' } }), tf.integers([1])])];
};

/**
 * With kept = momentum·velocity: velocity' = kept + grad + weightDecay·value, and since g = velocity' − kept,
 * value' = value − learningRate·(g + momentum·velocity') = value − learningRate·(1 + momentum)·velocity' +
 * learningRate·kept: five operations, six with decay.
 */
export const sgdNesterov: StockKernel<'FastpathSgdNesterov'> = (
  tf,
  { value, velocity, grad },
  { learningRate, momentum, weightDecay },
) => {
  const kept = tf.scaled(velocity!, momentum);
  const decay = weightDecay === 0 ? [] : [tf.scaled(value!, weightDecay)];
  const moved = tf.sum([kept, grad!, ...decay]);
  const steps = [tf.scaled(moved, -learningRate * (1 + momentum)), tf.scaled(kept, learningRate)];
  tf.replace(value!, tf.sum([value!, ...steps]));
  tf.replace(velocity!, moved);
  return [];
};
