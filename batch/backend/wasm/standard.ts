/**
 * @file The gradient kernels of tfjs itself that its WebAssembly backend lacks, over the same code as ours, so that
 * `tf.grads` works there: Conv2DBackpropFilter, DepthwiseConv2dNativeBackpropFilter,
 * DepthwiseConv2dNativeBackpropInput, UnsortedSegmentSum. Float32, NHWC, no dilation, one filter per channel.
 */
import {
  backend_util,
  type Conv2DBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type NamedAttrMap,
  registerKernel,
  type TensorInfo,
  type UnsortedSegmentSumAttrs,
} from '@tensorflow/tfjs-core';
import { FastpathError } from '../../../shared/errors.ts';
import type { Geometry } from '../geometry.ts';
import { convolve, convolveDepthwise } from './convolution.ts';
import { type Heap, heapOf, type Inputs, sizeOf } from './heap.ts';

function register<A>(kernelName: string, run: (heap: Heap, inputs: Inputs, attributes: A) => TensorInfo): void {
  registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => run(heapOf(backend), inputs, attrs as NamedAttrMap & A),
  });
}

function unsupported(kernel: string, what: string): FastpathError {
  return new FastpathError(
    'backend.unsupported',
    `${kernel} on WebAssembly does not support ${what}; use the cpu backend`,
  );
}

interface Windows {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  dilations?: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Geometry from tfjs attributes, padding worked out by tfjs itself. */
function geometryOf(
  kernel: string,
  xShape: number[],
  wShape: number[],
  windows: Windows,
  depthwise: boolean,
): Geometry {
  const info = backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    wShape as [number, number, number, number],
    windows.strides,
    windows.dilations ?? 1,
    windows.pad,
    windows.dimRoundingMode,
    depthwise,
  );
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) throw unsupported(kernel, 'dilations');
  if (depthwise && info.outChannels !== info.inChannels) throw unsupported(kernel, 'several filters per channel');
  return {
    batch: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}

/** Registers the four kernels for the backend named `wasm`. */
export function registerStandardKernels(): void {
  register<Conv2DBackpropFilterAttrs>('Conv2DBackpropFilter', (heap, { x, dy }, attributes) => {
    if (attributes.dataFormat !== 'NHWC') throw unsupported('Conv2DBackpropFilter', attributes.dataFormat);
    const geometry = geometryOf('Conv2DBackpropFilter', x!.shape, attributes.filterShape, attributes, false);
    return convolve(heap, 'filterGrad', x!, dy!, geometry);
  });
  register<DepthwiseConv2dNativeBackpropFilterAttrs>(
    'DepthwiseConv2dNativeBackpropFilter',
    (heap, { x, dy }, attributes) => {
      const name = 'DepthwiseConv2dNativeBackpropFilter';
      const geometry = geometryOf(name, x!.shape, attributes.filterShape, attributes, true);
      return convolveDepthwise(heap, 'filterGrad', x!, dy!, geometry);
    },
  );
  register<DepthwiseConv2dNativeBackpropInputAttrs>(
    'DepthwiseConv2dNativeBackpropInput',
    (heap, { dy, filter }, attributes) => {
      const name = 'DepthwiseConv2dNativeBackpropInput';
      const geometry = geometryOf(name, attributes.inputShape, filter!.shape, attributes, true);
      return convolveDepthwise(heap, 'inputGrad', dy!, filter!, geometry);
    },
  );
  register<UnsortedSegmentSumAttrs>('UnsortedSegmentSum', (heap, { x, segmentIds }, { numSegments }) => {
    if (x!.dtype !== 'float32') throw unsupported('UnsortedSegmentSum', x!.dtype);
    const [rows] = segmentIds!.shape as [number];
    const rest = x!.shape.slice(1);
    const sum = heap.output([numSegments, ...rest]);
    heap.kernels.unsortedSegmentSum(heap.at(x), heap.at(segmentIds), heap.at(sum), rows, sizeOf(rest), numSegments);
    return sum;
  });
}
