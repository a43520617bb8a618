/**
 * @file WebAssembly SIMD kernels over the memory of the tfjs WebAssembly backend (imported, never owned).
 * Every pointer is a byte offset into that memory; every array is float32, images are NHWC, row-major.
 * Nothing here allocates: scratch comes from the caller. Sums run in a fixed order, so results are
 * bitwise the same on every run and every machine.
 */

export { conv2d, conv2dFilterGrad, conv2dInputGrad, convScratchBytes } from './convolution';
export { depthwise, depthwiseFilterGrad, depthwiseInputGrad, depthwiseScratchBytes } from './depthwise';
export { add, innerProduct, movingAverage, multiply, sgdNesterov } from './elementwise';
export { addBias, columnSum, gemm, gemmScratchBytes } from './gemm';
export { batchNormApply, batchNormStatistics } from './normalisation';
export { batchNormGrad } from './normalisation-gradient';
export { globalAveragePool, globalAveragePoolGrad } from './pooling';
export { unsortedSegmentSum } from './segment';
