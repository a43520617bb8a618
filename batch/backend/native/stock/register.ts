/**
 * @file Registers every kernel but the fused convolutions for the tfjs-node backend as a few of TensorFlow's own
 * operations: what runs on a GPU, and on a CPU where our operations were not compiled.
 */
import type { KernelName } from '../../kernels.ts';
import type { TensorFlow } from '../tensorflow.ts';
import { globalAveragePool, globalAveragePoolGrad, linear, linearGrad, softmaxCrossEntropy } from './classifier.ts';
import {
  conv2d,
  conv2dFilterGrad,
  conv2dInputGrad,
  depthwise,
  depthwiseFilterGrad,
  depthwiseInputGrad,
} from './convolution.ts';
import { add, innerProduct, multiply, sgdNesterov } from './elementwise.ts';
import { registerStockKernel, type StockKernel } from './kernel.ts';
import { batchNorm, batchNormGrad, batchNormInference, movingAverage } from './normalisation.ts';
import { rememberViews } from './views.ts';

type Fused = `Fastpath${'Conv2D' | 'Depthwise'}Norm${'' | 'Grad'}`;

const kernels: { [K in Exclude<KernelName, Fused>]: StockKernel<K> } = {
  FastpathConv2D: conv2d,
  FastpathConv2DInputGrad: conv2dInputGrad,
  FastpathConv2DFilterGrad: conv2dFilterGrad,
  FastpathDepthwise: depthwise,
  FastpathDepthwiseInputGrad: depthwiseInputGrad,
  FastpathDepthwiseFilterGrad: depthwiseFilterGrad,
  FastpathBatchNorm: batchNorm,
  FastpathBatchNormGrad: batchNormGrad,
  FastpathBatchNormInference: batchNormInference,
  FastpathMovingAverage: movingAverage,
  FastpathGlobalAveragePool: globalAveragePool,
  FastpathGlobalAveragePoolGrad: globalAveragePoolGrad,
  FastpathLinear: linear,
  FastpathLinearGrad: linearGrad,
  FastpathSoftmaxCrossEntropy: softmaxCrossEntropy,
  FastpathSgdNesterov: sgdNesterov,
  FastpathAdd: add,
  FastpathMultiply: multiply,
  FastpathInnerProduct: innerProduct,
};

export function registerStockKernels(tensorflow: TensorFlow): void {
  rememberViews(tensorflow);
  for (const [name, kernel] of Object.entries(kernels)) {
    registerStockKernel(name as KernelName, kernel as StockKernel<KernelName>, tensorflow);
  }
}
