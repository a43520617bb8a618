/** @file Convolution kernels on WebAssembly. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Geometry, inputShape, outputShape } from '../geometry.ts';
import type { Heap } from './heap.ts';

/** Which arrays a convolution kernel reads; it writes the third. */
export type ConvolutionPass = 'forward' | 'inputGrad' | 'filterGrad';

const dense = { forward: 'conv2d', inputGrad: 'conv2dInputGrad', filterGrad: 'conv2dFilterGrad' } as const;
const perChannel = {
  forward: 'depthwise',
  inputGrad: 'depthwiseInputGrad',
  filterGrad: 'depthwiseFilterGrad',
} as const;

/** Shape of the array a pass writes. */
function resultShape(pass: ConvolutionPass, g: Geometry, filterChannels: [number, number]): number[] {
  if (pass === 'forward') return outputShape(g);
  return pass === 'inputGrad' ? inputShape(g) : [g.kernelHeight, g.kernelWidth, ...filterChannels];
}

/** Dense convolution: (x, w) → y, (dy, w) → dx, or (x, dy) → dw. */
export function convolve(heap: Heap, pass: ConvolutionPass, a: TensorInfo, b: TensorInfo, g: Geometry): TensorInfo {
  const { kernels } = heap;
  const result = heap.output(resultShape(pass, g, [g.inChannels, g.outChannels]));
  const window = [g.kernelHeight, g.kernelWidth, g.strideY, g.strideX, g.padTop, g.padLeft];
  const pixels = g.batch * g.outHeight * g.outWidth;
  heap.scratch(kernels.convScratchBytes(pixels, g.inChannels, g.outChannels, ...window), (scratch) => {
    kernels[dense[pass]](
      heap.at(a),
      heap.at(b),
      heap.at(result),
      ...[g.batch, g.height, g.width, g.inChannels, g.outHeight, g.outWidth, g.outChannels],
      ...window,
      scratch,
    );
  });
  return result;
}

/** Depthwise convolution: (x, w) → y, (dy, w) → dx, or (x, dy) → dw. */
export function convolveDepthwise(
  heap: Heap,
  pass: ConvolutionPass,
  a: TensorInfo,
  b: TensorInfo,
  g: Geometry,
): TensorInfo {
  const { kernels } = heap;
  const result = heap.output(resultShape(pass, g, [g.inChannels, 1]));
  const { height, width, outHeight, outWidth, kernelHeight, kernelWidth, strideY, strideX } = g;
  const bytes = kernels.depthwiseScratchBytes(
    ...[height, width, g.inChannels, outHeight, outWidth, kernelHeight, kernelWidth, strideY, strideX],
  );
  heap.scratch(bytes, (scratch) => {
    kernels[perChannel[pass]](
      heap.at(a),
      heap.at(b),
      heap.at(result),
      ...[g.batch, height, width, g.inChannels, outHeight, outWidth],
      ...[kernelHeight, kernelWidth, strideY, strideX, g.padTop, g.padLeft],
      scratch,
    );
  });
  return result;
}
