/**
 * @file Convolutions. NHWC on every device: TensorFlow's CPU kernels know nothing else, and on a GPU cuDNN takes NHWC as
 * it is where it multiplies on tensor cores, and is given a transposed copy elsewhere.
 */
import type { Geometry } from '../../geometry.ts';
import type { AttributeValue } from '../tensorflow.ts';
import type { StockKernel } from './kernel.ts';

type Attributes = Record<string, AttributeValue>;

/** Padding that SAME puts before the first pixel of an axis. */
function samePadding(input: number, output: number, kernel: number, stride: number): number {
  return Math.max((output - 1) * stride + kernel - input, 0) >> 1;
}

/** VALID and SAME where they mean the same: the CPU's faster kernels refuse EXPLICIT. */
function windows(g: Geometry): Attributes {
  const strides = [1, g.strideY, g.strideX, 1];
  if (g.padTop === 0 && g.padLeft === 0) return { strides, padding: 'VALID' };
  const vertical = samePadding(g.height, g.outHeight, g.kernelHeight, g.strideY);
  const horizontal = samePadding(g.width, g.outWidth, g.kernelWidth, g.strideX);
  const sizesFit = g.outHeight === Math.ceil(g.height / g.strideY) && g.outWidth === Math.ceil(g.width / g.strideX);
  if (sizesFit && vertical === g.padTop && horizontal === g.padLeft) return { strides, padding: 'SAME' };
  const around = [0, 0, g.padTop, g.padTop, g.padLeft, g.padLeft, 0, 0];
  return { strides, padding: 'EXPLICIT', explicit_paddings: around };
}

const imageSizes = (g: Geometry) => [g.batch, g.height, g.width, g.inChannels];
const filterSizes = (g: Geometry, last: number) => [g.kernelHeight, g.kernelWidth, g.inChannels, last];

export const conv2d: StockKernel<'FastpathConv2D'> = (tf, { x, w }, { geometry }) => [
  tf.one('Conv2D', [x!, w!], windows(geometry)),
];

export const conv2dInputGrad: StockKernel<'FastpathConv2DInputGrad'> = (tf, { dy, w }, { geometry }) => [
  tf.one('Conv2DBackpropInput', [tf.integers(imageSizes(geometry)), w!, dy!], windows(geometry)),
];

export const conv2dFilterGrad: StockKernel<'FastpathConv2DFilterGrad'> = (tf, { x, dy }, { geometry }) => {
  const sizes = tf.integers(filterSizes(geometry, geometry.outChannels));
  return [tf.one('Conv2DBackpropFilter', [x!, sizes, dy!], windows(geometry))];
};

export const depthwise: StockKernel<'FastpathDepthwise'> = (tf, { x, w }, { geometry }) => [
  tf.one('DepthwiseConv2dNative', [x!, w!], windows(geometry)),
];

export const depthwiseInputGrad: StockKernel<'FastpathDepthwiseInputGrad'> = (tf, { dy, w }, { geometry }) => {
  const sizes = tf.integers(imageSizes(geometry));
  return [tf.one('DepthwiseConv2dNativeBackpropInput', [sizes, w!, dy!], windows(geometry))];
};

export const depthwiseFilterGrad: StockKernel<'FastpathDepthwiseFilterGrad'> = (tf, { x, dy }, { geometry }) => {
  const sizes = tf.integers(filterSizes(geometry, 1));
  return [tf.one('DepthwiseConv2dNativeBackpropFilter', [x!, sizes, dy!], windows(geometry))];
};
