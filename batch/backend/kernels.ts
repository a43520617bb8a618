/**
 * @file Names, inputs and attributes of the kernels every backend registers. The reference for each formula is
 * the plain JavaScript of `cpu/`; `ops.ts` is the only caller.
 */
import type { Geometry } from './geometry.ts';

/** Kernel → its attributes. Inputs and outputs are named where the kernel's op is defined, under `ops/`. */
export interface KernelAttributes {
  FastpathConv2D: { geometry: Geometry };
  FastpathConv2DInputGrad: { geometry: Geometry };
  FastpathConv2DFilterGrad: { geometry: Geometry };
  FastpathDepthwise: { geometry: Geometry };
  FastpathDepthwiseInputGrad: { geometry: Geometry };
  FastpathDepthwiseFilterGrad: { geometry: Geometry };
  FastpathBatchNorm: { relu6: boolean };
  FastpathBatchNormGrad: { relu6: boolean };
  FastpathBatchNormInference: { relu6: boolean };
  FastpathConv2DNorm: { geometry: Geometry; relu6: boolean };
  FastpathDepthwiseNorm: { geometry: Geometry; relu6: boolean };
  FastpathConv2DNormGrad: { geometry: Geometry; relu6: boolean; input: boolean; parameters: boolean };
  FastpathDepthwiseNormGrad: { geometry: Geometry; relu6: boolean; input: boolean; parameters: boolean };
  FastpathMovingAverage: { momentum: number };
  FastpathGlobalAveragePool: Record<string, never>;
  FastpathGlobalAveragePoolGrad: { xShape: number[] };
  FastpathLinear: Record<string, never>;
  FastpathLinearGrad: Record<string, never>;
  FastpathSoftmaxCrossEntropy: { smoothing: number };
  FastpathSgdNesterov: { learningRate: number; momentum: number; weightDecay: number };
  FastpathAdd: Record<string, never>;
  FastpathMultiply: Record<string, never>;
  FastpathInnerProduct: Record<string, never>;
}

export type KernelName = keyof KernelAttributes;

/** Added to the variance before its root, in training and in inference. */
export const batchNormEpsilon = 1e-3;
