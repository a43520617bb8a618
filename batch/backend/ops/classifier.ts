/** @file Global average pooling, the linear classifier, and its loss. */
import { type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { FastpathError } from '../../../shared/errors.ts';
import { requireRank, requireShape } from '../geometry.ts';
import { runKernel, runSingle } from './run.ts';

/** Mean over the pixels: x [n, h, w, c] → [n, c]. @throws FastpathError `backend.shape` */
export function globalAveragePool(x: Tensor): Tensor {
  requireRank('images', x, 4);
  return runSingle('FastpathGlobalAveragePool', { x }, {});
}

/** Gradient of `globalAveragePool` with respect to x: dy [n, c] → `xShape` [n, h, w, c]. @throws FastpathError `backend.shape` */
export function globalAveragePoolGrad(dy: Tensor, xShape: readonly number[]): Tensor {
  requireShape('an output gradient', dy.shape, [xShape[0]!, xShape[3]!]);
  return runSingle('FastpathGlobalAveragePoolGrad', { dy }, { xShape: [...xShape] });
}

/** x [n, cin] · w [cin, cout] + b [cout] → [n, cout]. @throws FastpathError `backend.shape` */
export function linear(x: Tensor, w: Tensor, b: Tensor): Tensor {
  requireRank('features', x, 2);
  requireShape('weights', w.shape, [x.shape[1]!, b.shape[0]!]);
  return runSingle('FastpathLinear', { x, w, b }, {});
}

/** Gradients of `linear` from x [n, cin], dy [n, cout], w [cin, cout]. @throws FastpathError `backend.shape` */
export function linearGrad(x: Tensor, dy: Tensor, w: Tensor): { dx: Tensor; dw: Tensor; db: Tensor } {
  requireRank('features', x, 2);
  requireShape('weights', w.shape, [x.shape[1]!, dy.shape[1]!]);
  requireShape('an output gradient', dy.shape, [x.shape[0]!, w.shape[1]!]);
  const [dx, dw, db] = runKernel('FastpathLinearGrad', { x, dy, w }, {});
  return { dx: dx!, dw: dw!, db: db! };
}

/**
 * Softmax cross-entropy of logits [n, classes] against labels [n], target 1 − smoothing + smoothing/classes for
 * the label and smoothing/classes elsewhere (Szegedy et al. 2016, section 7).
 * @returns score [2] (mean over the batch in nats, samples whose label has the highest logit; a tie goes to the lower
 * class) and dLogits [n, classes], the gradient of the mean
 * @throws FastpathError `backend.shape`, `backend.label`
 */
export function softmaxCrossEntropy(
  logits: Tensor,
  labels: Int32Array,
  smoothing: number,
): { score: Tensor; dLogits: Tensor } {
  requireRank('logits', logits, 2);
  const [rows, classes] = logits.shape as [number, number];
  requireShape('labels', [labels.length], [rows]);
  const stray = labels.find((label) => label < 0 || label >= classes);
  if (stray !== undefined) {
    throw new FastpathError('backend.label', `Label ${stray} is outside of the ${classes} classes; check the data set`);
  }
  const labelTensor = tensor1d(labels, 'int32');
  const inputs = { logits, labels: labelTensor };
  const [dLogits, score] = runKernel('FastpathSoftmaxCrossEntropy', inputs, { smoothing });
  labelTensor.dispose();
  return { score: score!, dLogits: dLogits! };
}
