/** @file Global average pooling, the linear classifier, and its loss. */
import type { Operand } from '../tensorflow.ts';
import type { StockKernel } from './kernel.ts';

export const globalAveragePool: StockKernel<'FastpathGlobalAveragePool'> = (tf, { x }) => [
  tf.one('Mean', [x!, tf.integers([1, 2])]),
];

export const globalAveragePoolGrad: StockKernel<'FastpathGlobalAveragePoolGrad'> = (tf, { dy }, { xShape }) => {
  const [n, height, width, channels] = xShape as [number, number, number, number];
  const pooled = tf.one('Reshape', [dy!, tf.integers([n, 1, 1, channels])]);
  const window = { ksize: [1, height, width, 1], strides: [1, height, width, 1], padding: 'VALID' };
  return [tf.one('AvgPoolGrad', [tf.integers(xShape), pooled], window)];
};

export const linear: StockKernel<'FastpathLinear'> = (tf, { x, w, b }) => [
  tf.one('BiasAdd', [tf.one('MatMul', [x!, w!]), b!]),
];

export const linearGrad: StockKernel<'FastpathLinearGrad'> = (tf, { x, dy, w }) => [
  tf.one('MatMul', [dy!, w!], { transpose_b: true }),
  tf.one('MatMul', [x!, dy!], { transpose_a: true }),
  tf.one('BiasAddGrad', [dy!]),
];

export const softmaxCrossEntropy: StockKernel<'FastpathSoftmaxCrossEntropy'> = (
  tf,
  { logits, labels },
  { smoothing },
) => {
  const [rows, classes] = logits!.shape as [number, number];
  const rest = smoothing / classes;
  const [hit, miss] = [tf.number(1 - smoothing + rest), tf.number(rest)];
  const targets = tf.one('OneHot', [labels!, tf.integers(classes), hit, miss]);
  const outputs = tf.all('SoftmaxCrossEntropyWithLogits', [logits!, targets], {}, 2);
  const [losses, differences] = outputs as [Operand, Operand];
  const loss = tf.one('Mean', [losses, tf.integers([0])]);
  // ArgMax takes the lower class at a tie, as InTopK does not.
  const best = tf.one('ArgMax', [logits!, tf.integers(1)], { output_type: { type: 'int32' } });
  const hits = tf.one('Cast', [tf.one('Equal', [best, labels!])], { DstT: { type: 'float32' } });
  const correct = tf.one('Sum', [hits, tf.integers([0])]);
  const score = tf.one('Pack', [loss, correct], { N: 2, T: { type: 'float32' } });
  return [tf.scaled(differences, 1 / rows), score];
};
