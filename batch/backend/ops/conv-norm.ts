/**
 * @file Convolution followed by batch normalisation, forward and backward: one kernel where the backend has it, and the
 * single operations one after the other elsewhere.
 */
import { getBackend, getKernel, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { type Geometry, outputShape, requireShape, symmetricGeometry } from '../geometry.ts';
import type { KernelName } from '../kernels.ts';
import {
  conv2d,
  conv2dFilterGrad,
  conv2dInputGrad,
  depthwise,
  depthwiseFilterGrad,
  depthwiseInputGrad,
} from './convolution.ts';
import { batchNorm, batchNormGrad } from './normalisation.ts';
import { runKernel } from './run.ts';

export interface ConvNormOptions {
  kind: 'dense' | 'depthwise';
  stride: number;
  /** Whether ReLU6 follows the normalisation. */
  relu6: boolean;
}

/** What the forward pass leaves for the backward pass. */
export interface NormalisedConvolution {
  /** the convolution itself */
  c: Tensor;
  /** it normalised, and cut where ReLU6 follows */
  y: Tensor;
  /** of `c` over this batch, a value a channel */
  mean: Tensor;
  variance: Tensor;
}

/**
 * `batchNorm` of `conv2d` or `depthwise`. Caller disposes of all four.
 * @param x [n, h, w, cin]; @param w the filter; @param scale [cout]; @param shift [cout]
 * @throws FastpathError `backend.shape`
 */
export function convNorm(
  x: Tensor,
  w: Tensor,
  scale: Tensor,
  shift: Tensor,
  options: ConvNormOptions,
): NormalisedConvolution {
  const { kind, stride, relu6 } = options;
  const name = kind === 'dense' ? 'FastpathConv2DNorm' : 'FastpathDepthwiseNorm';
  if (!registered(name)) {
    const c = kind === 'dense' ? conv2d(x, w, stride) : depthwise(x, w, stride);
    return { c, ...batchNorm(c, scale, shift, { relu6 }) };
  }
  const geometry = geometryOf(x.shape, w.shape, options);
  requireChannels(geometry, { scale, shift });
  const [c, y, mean, variance] = runKernel(name, { x, w, scale, shift }, { geometry, relu6 });
  return { c: c!, y: y!, mean: mean!, variance: variance! };
}

export interface ConvNormGradInputs extends NamedTensorMap {
  /** only its shape is read where the parameters' gradients are not wanted: it may be disposed of */
  x: Tensor;
  c: Tensor;
  dy: Tensor;
  w: Tensor;
  scale: Tensor;
  shift: Tensor;
  mean: Tensor;
  variance: Tensor;
}

export interface ConvNormGradients {
  /** like x; null where it was not wanted */
  dx: Tensor | null;
  /** of the parameters; null where they were not wanted */
  parameters: { dw: Tensor; dscale: Tensor; dshift: Tensor } | null;
}

/**
 * Gradients of `convNorm` from its inputs, what it left, and dy [n, h', w', cout]. Disposes of what it left (c, mean,
 * variance) as soon as it was read.
 * @throws FastpathError `backend.shape`
 */
export function convNormGrad(
  inputs: ConvNormGradInputs,
  options: ConvNormOptions,
  wanted: { input: boolean; parameters: boolean },
): ConvNormGradients {
  const { x, c, dy, w, scale, shift, mean, variance } = inputs;
  const name = options.kind === 'dense' ? 'FastpathConv2DNormGrad' : 'FastpathDepthwiseNormGrad';
  if (!registered(name)) return composedGradients(inputs, options, wanted);
  const geometry = geometryOf(x.shape, w.shape, options);
  requireShape('an output gradient', dy.shape, outputShape(geometry));
  requireShape('a convolution', c.shape, outputShape(geometry));
  requireChannels(geometry, { scale, shift, mean, variance });
  const { relu6 } = options;
  const read = wanted.parameters ? inputs : { ...inputs, x: c };
  const [dx, dw, dscale, dshift] = runKernel(name, read, { geometry, relu6, ...wanted });
  for (const used of [c, mean, variance]) used.dispose();
  if (!wanted.input) dx!.dispose();
  if (!wanted.parameters) for (const unused of [dw, dscale, dshift]) unused!.dispose();
  return {
    dx: wanted.input ? dx! : null,
    parameters: wanted.parameters ? { dw: dw!, dscale: dscale!, dshift: dshift! } : null,
  };
}

function composedGradients(
  { x, c, dy, w, scale, shift, mean, variance }: ConvNormGradInputs,
  { kind, stride, relu6 }: ConvNormOptions,
  wanted: { input: boolean; parameters: boolean },
): ConvNormGradients {
  const { dx: dc, dscale, dshift } = batchNormGrad(c, dy, scale, shift, mean, variance, { relu6 });
  for (const used of [c, mean, variance]) used.dispose();
  const inputGrad = kind === 'dense' ? conv2dInputGrad : depthwiseInputGrad;
  const filterGrad = kind === 'dense' ? conv2dFilterGrad : depthwiseFilterGrad;
  const dx = wanted.input ? inputGrad(dc, w, x.shape, stride) : null;
  const dw = wanted.parameters ? filterGrad(x, dc, w.shape, stride) : null;
  dc.dispose();
  if (dw) return { dx, parameters: { dw, dscale, dshift } };
  dscale.dispose();
  dshift.dispose();
  return { dx, parameters: null };
}

function registered(name: KernelName): boolean {
  return getKernel(name, getBackend()) !== undefined;
}

function geometryOf(xShape: number[], wShape: number[], { kind, stride }: ConvNormOptions): Geometry {
  return symmetricGeometry(xShape, wShape, stride, kind === 'depthwise');
}

function requireChannels({ outChannels }: Geometry, vectors: Record<string, Tensor>): void {
  for (const [name, vector] of Object.entries(vectors)) requireShape(`a ${name}`, vector.shape, [outChannels]);
}
