/**
 * @file The operations that networks are made of: float32, NHWC, synchronous, no gradient tape.
 * Each runs one kernel of the active backend (see `kernels.ts`) and returns new tensors the caller disposes of,
 * except the updates in place, which return nothing and change every tensor that shares the same data.
 */
export * from './ops/classifier.ts';
export * from './ops/conv-norm.ts';
export * from './ops/convolution.ts';
export * from './ops/elementwise.ts';
export * from './ops/normalisation.ts';
