/** @file Convolution and depthwise convolution with their gradients, padded by kernel >> 1 on each side. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { outputShape, requireShape, symmetricGeometry } from '../geometry.ts';
import { runSingle } from './run.ts';

/**
 * Cross-correlation of x [n, h, w, cin] with w [kh, kw, cin, cout] → [n, ⌊(h − 1)/stride⌋ + 1, …, cout] for odd kernels.
 * @throws FastpathError `backend.shape`
 */
export function conv2d(x: Tensor, w: Tensor, stride: number): Tensor {
  return runSingle('FastpathConv2D', { x, w }, { geometry: symmetricGeometry(x.shape, w.shape, stride) });
}

/** Gradient of `conv2d` with respect to x, of shape `xShape`. @throws FastpathError `backend.shape` */
export function conv2dInputGrad(dy: Tensor, w: Tensor, xShape: readonly number[], stride: number): Tensor {
  const geometry = symmetricGeometry(xShape, w.shape, stride);
  requireShape('an output gradient', dy.shape, outputShape(geometry));
  return runSingle('FastpathConv2DInputGrad', { dy, w }, { geometry });
}

/** Gradient of `conv2d` with respect to w, of shape `wShape`. @throws FastpathError `backend.shape` */
export function conv2dFilterGrad(x: Tensor, dy: Tensor, wShape: readonly number[], stride: number): Tensor {
  const geometry = symmetricGeometry(x.shape, wShape, stride);
  requireShape('an output gradient', dy.shape, outputShape(geometry));
  return runSingle('FastpathConv2DFilterGrad', { x, dy }, { geometry });
}

/** Each channel of x [n, h, w, c] with its own filter of w [kh, kw, c, 1]. @throws FastpathError `backend.shape` */
export function depthwise(x: Tensor, w: Tensor, stride: number): Tensor {
  return runSingle('FastpathDepthwise', { x, w }, { geometry: symmetricGeometry(x.shape, w.shape, stride, true) });
}

/** Gradient of `depthwise` with respect to x, of shape `xShape`. @throws FastpathError `backend.shape` */
export function depthwiseInputGrad(dy: Tensor, w: Tensor, xShape: readonly number[], stride: number): Tensor {
  const geometry = symmetricGeometry(xShape, w.shape, stride, true);
  requireShape('an output gradient', dy.shape, outputShape(geometry));
  return runSingle('FastpathDepthwiseInputGrad', { dy, w }, { geometry });
}

/** Gradient of `depthwise` with respect to w, of shape `wShape`. @throws FastpathError `backend.shape` */
export function depthwiseFilterGrad(x: Tensor, dy: Tensor, wShape: readonly number[], stride: number): Tensor {
  const geometry = symmetricGeometry(x.shape, wShape, stride, true);
  requireShape('an output gradient', dy.shape, outputShape(geometry));
  return runSingle('FastpathDepthwiseFilterGrad', { x, dy }, { geometry });
}
