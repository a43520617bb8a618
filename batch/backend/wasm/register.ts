/** @file Registers our kernels for the tfjs WebAssembly backend. */
import { engine, registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropyRows } from '../crossentropy.ts';
import { batchNormEpsilon, type KernelAttributes, type KernelName } from '../kernels.ts';
import { convolve, convolveDepthwise } from './convolution.ts';
import { type Heap, heapOf, type Inputs, sizeOf } from './heap.ts';
import { registerStandardKernels } from './standard.ts';

function register<K extends KernelName>(
  kernelName: K,
  run: (heap: Heap, inputs: Inputs, attributes: KernelAttributes[K]) => TensorInfo[],
): void {
  registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => run(heapOf(backend), inputs, attrs as unknown as KernelAttributes[K]),
  });
}

const size = (tensor: TensorInfo) => sizeOf(tensor.shape);
const channelsOf = (tensor: TensorInfo) => tensor.shape[tensor.shape.length - 1]!;

function registerConvolutions(): void {
  register('FastpathConv2D', (heap, { x, w }, { geometry }) => [convolve(heap, 'forward', x!, w!, geometry)]);
  register('FastpathConv2DInputGrad', (heap, { dy, w }, { geometry }) => [
    convolve(heap, 'inputGrad', dy!, w!, geometry),
  ]);
  register('FastpathConv2DFilterGrad', (heap, { x, dy }, { geometry }) => [
    convolve(heap, 'filterGrad', x!, dy!, geometry),
  ]);
  register('FastpathDepthwise', (heap, { x, w }, { geometry }) => [
    convolveDepthwise(heap, 'forward', x!, w!, geometry),
  ]);
  register('FastpathDepthwiseInputGrad', (heap, { dy, w }, { geometry }) => [
    convolveDepthwise(heap, 'inputGrad', dy!, w!, geometry),
  ]);
  register('FastpathDepthwiseFilterGrad', (heap, { x, dy }, { geometry }) => [
    convolveDepthwise(heap, 'filterGrad', x!, dy!, geometry),
  ]);
}

/** y of batch normalisation with the given statistics. */
function normalise(heap: Heap, inputs: Inputs, mean: TensorInfo, variance: TensorInfo, relu6: boolean): TensorInfo {
  const x = inputs.x!;
  const y = heap.output(x.shape);
  const channels = channelsOf(x);
  heap.kernels.batchNormApply(
    ...[x, y, mean, variance, inputs.scale, inputs.shift].map(heap.at),
    ...[size(x) / channels, channels, Number(relu6), batchNormEpsilon],
  );
  return y;
}

function registerNormalisation(): void {
  register('FastpathBatchNorm', (heap, inputs, { relu6 }) => {
    const x = inputs.x!;
    const channels = channelsOf(x);
    const mean = heap.output([channels]);
    const variance = heap.output([channels]);
    heap.kernels.batchNormStatistics(heap.at(x), heap.at(mean), heap.at(variance), size(x) / channels, channels);
    return [normalise(heap, inputs, mean, variance, relu6), mean, variance];
  });
  register('FastpathBatchNormInference', (heap, inputs, { relu6 }) => [
    normalise(heap, inputs, inputs.mean!, inputs.variance!, relu6),
  ]);
  register('FastpathBatchNormGrad', (heap, { x, dy, scale, shift, mean, variance }, { relu6 }) => {
    const channels = channelsOf(x!);
    const [dx, dscale, dshift] = [heap.output(x!.shape), heap.output([channels]), heap.output([channels])];
    heap.kernels.batchNormGrad(
      ...[x, dy, dx, mean, variance, scale, shift, dscale, dshift].map(heap.at),
      ...[size(x!) / channels, channels, Number(relu6), batchNormEpsilon],
    );
    return [dx, dscale, dshift];
  });
  register('FastpathMovingAverage', (heap, { running, batch }, { momentum }) => {
    heap.kernels.movingAverage(heap.at(running), heap.at(batch), size(running!), momentum);
    return [];
  });
}

function registerClassifier(): void {
  register('FastpathGlobalAveragePool', (heap, { x }) => {
    const [n, height, width, channels] = x!.shape as [number, number, number, number];
    const y = heap.output([n, channels]);
    heap.kernels.globalAveragePool(heap.at(x), heap.at(y), n, height * width, channels);
    return [y];
  });
  register('FastpathGlobalAveragePoolGrad', (heap, { dy }, { xShape }) => {
    const [n, height, width, channels] = xShape as [number, number, number, number];
    const dx = heap.output(xShape);
    heap.kernels.globalAveragePoolGrad(heap.at(dy), heap.at(dx), n, height * width, channels);
    return [dx];
  });
  register('FastpathLinear', (heap, { x, w, b }) => {
    const [rows, depth] = x!.shape as [number, number];
    const columns = w!.shape[1]!;
    const y = heap.output([rows, columns]);
    heap.scratch(heap.kernels.gemmScratchBytes(columns, depth), (scratch) => {
      const [from, by, to] = [heap.at(x), heap.at(w), heap.at(y)];
      heap.kernels.gemm(from, depth, 1, by, columns, 1, to, columns, rows, columns, depth, 0, scratch);
      heap.kernels.addBias(to, heap.at(b), rows, columns);
    });
    return [y];
  });
  register('FastpathLinearGrad', (heap, { x, dy, w }) => {
    const [rows, depth] = x!.shape as [number, number];
    const columns = w!.shape[1]!;
    const [dx, dw, db] = [heap.output(x!.shape), heap.output(w!.shape), heap.output([columns])];
    const bytes = Math.max(heap.kernels.gemmScratchBytes(depth, columns), heap.kernels.gemmScratchBytes(columns, rows));
    heap.scratch(bytes, (scratch) => {
      const [from, by, grad] = [heap.at(x), heap.at(w), heap.at(dy)];
      heap.kernels.gemm(grad, columns, 1, by, 1, columns, heap.at(dx), depth, rows, depth, columns, 0, scratch);
      heap.kernels.gemm(from, 1, depth, grad, columns, 1, heap.at(dw), columns, depth, columns, rows, 0, scratch);
      heap.kernels.columnSum(grad, heap.at(db), rows, columns);
    });
    return [dx, dw, db];
  });
  register('FastpathSoftmaxCrossEntropy', (heap, { logits, labels }, { smoothing }) => {
    const dLogits = heap.output(logits!.shape);
    const score = heap.output([2]);
    const { loss, correct } = softmaxCrossEntropyRows(
      heap.floats(logits!),
      heap.integers(labels!),
      channelsOf(logits!),
      smoothing,
      heap.floats(dLogits),
    );
    heap.floats(score).set([loss, correct]);
    return [dLogits, score];
  });
}

function registerElementwise(): void {
  register('FastpathAdd', (heap, { a, b }) => {
    const sum = heap.output(a!.shape);
    heap.kernels.add(heap.at(a), heap.at(b), heap.at(sum), size(a!));
    return [sum];
  });
  register('FastpathMultiply', (heap, { a, b }) => {
    const product = heap.output(a!.shape);
    heap.kernels.multiply(heap.at(a), heap.at(b), heap.at(product), size(a!));
    return [product];
  });
  register('FastpathInnerProduct', (heap, { a, b }) => {
    const sum = heap.output([1]);
    heap.floats(sum)[0] = heap.kernels.innerProduct(heap.at(a), heap.at(b), size(a!));
    return [sum];
  });
  register('FastpathSgdNesterov', (heap, { value, velocity, grad }, { learningRate, momentum, weightDecay }) => {
    const pointers = [value, velocity, grad].map(heap.at);
    heap.kernels.sgdNesterov(...pointers, size(value!), learningRate, momentum, weightDecay);
    return [];
  });
}

let registered = false;

/**
 * Registers every kernel for the active WebAssembly backend and compiles them over its memory.
 * @throws FastpathError `backend.kernels-missing`, `backend.unsupported`
 */
export function prepareWasm(): void {
  heapOf(engine().backend);
  if (registered) return;
  registered = true;
  registerConvolutions();
  registerNormalisation();
  registerClassifier();
  registerElementwise();
  registerStandardKernels();
}
