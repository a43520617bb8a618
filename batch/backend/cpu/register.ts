/**
 * @file Registers every kernel on tfjs's `cpu` backend as plain loops with float64 sums: the oracle of the tests
 * and the last rung of the ladder. Clear before fast.
 */

import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { registerKernel, type TensorInfo, type TypedArray } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropyRows } from '../crossentropy.ts';
import { type Geometry, inputShape, outputShape } from '../geometry.ts';
import type { KernelAttributes, KernelName } from '../kernels.ts';
import { eachDenseTerm, eachDepthwiseTerm } from './convolution.ts';
import { normalised, normalisedGrad, statistics } from './normalisation.ts';

type Values = Float32Array;
interface Result {
  shape: readonly number[];
  values: ArrayLike<number>;
}

/** `run` gets each input's own storage (changing it changes the tensor) and returns the outputs. */
function register<K extends KernelName>(
  kernelName: K,
  run: (inputs: Record<string, Values>, attributes: KernelAttributes[K], shapes: Record<string, number[]>) => Result[],
): void {
  registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const cpu = backend as MathBackendCPU;
      const entries = Object.entries(inputs) as [string, TensorInfo][];
      const values = entries.map(([name, tensor]) => [name, cpu.data.get(tensor.dataId).values as Values]);
      const shapes = entries.map(([name, tensor]) => [name, tensor.shape]);
      const results = run(
        Object.fromEntries(values),
        attrs as unknown as KernelAttributes[K],
        Object.fromEntries(shapes),
      );
      return results.map((result) =>
        cpu.makeTensorInfo([...result.shape], 'float32', Float32Array.from(result.values) as TypedArray),
      );
    },
  });
}

type EachTerm = typeof eachDenseTerm;

function forward(each: EachTerm, x: Values, w: Values, g: Geometry): Result {
  const y = new Float64Array(g.batch * g.outHeight * g.outWidth * g.outChannels);
  each(g, (input, output, filter) => {
    y[output]! += x[input]! * w[filter]!;
  });
  return { shape: outputShape(g), values: y };
}

function inputGrad(each: EachTerm, dy: Values, w: Values, g: Geometry): Result {
  const dx = new Float64Array(g.batch * g.height * g.width * g.inChannels);
  each(g, (input, output, filter) => {
    dx[input]! += dy[output]! * w[filter]!;
  });
  return { shape: inputShape(g), values: dx };
}

function filterGrad(each: EachTerm, x: Values, dy: Values, g: Geometry, outChannels: number): Result {
  const shape = [g.kernelHeight, g.kernelWidth, g.inChannels, outChannels];
  const dw = new Float64Array(shape.reduce((product, length) => product * length, 1));
  each(g, (input, output, filter) => {
    dw[filter]! += x[input]! * dy[output]!;
  });
  return { shape, values: dw };
}

function registerConvolutions(): void {
  register('FastpathConv2D', ({ x, w }, { geometry }) => [forward(eachDenseTerm, x!, w!, geometry)]);
  register('FastpathConv2DInputGrad', ({ dy, w }, { geometry }) => [inputGrad(eachDenseTerm, dy!, w!, geometry)]);
  register('FastpathConv2DFilterGrad', ({ x, dy }, { geometry }) => [
    filterGrad(eachDenseTerm, x!, dy!, geometry, geometry.outChannels),
  ]);
  register('FastpathDepthwise', ({ x, w }, { geometry }) => [forward(eachDepthwiseTerm, x!, w!, geometry)]);
  register('FastpathDepthwiseInputGrad', ({ dy, w }, { geometry }) => [
    inputGrad(eachDepthwiseTerm, dy!, w!, geometry),
  ]);
  register('FastpathDepthwiseFilterGrad', ({ x, dy }, { geometry }) => [
    filterGrad(eachDepthwiseTerm, x!, dy!, geometry, 1),
  ]);
}

function registerNormalisation(): void {
  register('FastpathBatchNorm', ({ x, scale, shift }, { relu6 }, shapes) => {
    const channels = shapes.scale![0]!;
    const { mean, variance } = statistics(x!, channels);
    const y = normalised(x!, mean, variance, scale!, shift!, relu6);
    return [
      { shape: shapes.x!, values: y },
      { shape: [channels], values: mean },
      { shape: [channels], values: variance },
    ];
  });
  register('FastpathBatchNormInference', ({ x, scale, shift, mean, variance }, { relu6 }, shapes) => [
    { shape: shapes.x!, values: normalised(x!, mean!, variance!, scale!, shift!, relu6) },
  ]);
  register('FastpathBatchNormGrad', ({ x, dy, scale, shift, mean, variance }, { relu6 }, shapes) => {
    const { dx, dscale, dshift } = normalisedGrad(x!, dy!, mean!, variance!, scale!, shift!, relu6);
    return [
      { shape: shapes.x!, values: dx },
      { shape: shapes.scale!, values: dscale },
      { shape: shapes.scale!, values: dshift },
    ];
  });
  register('FastpathMovingAverage', ({ running, batch }, { momentum }) => {
    for (let i = 0; i < running!.length; i++) running![i] = (1 - momentum) * running![i]! + momentum * batch![i]!;
    return [];
  });
}

/** a[m, k] · b[k, n] where a(i, p) and b(p, j) read single elements. */
function product(
  m: number,
  n: number,
  k: number,
  a: (i: number, p: number) => number,
  b: (p: number, j: number) => number,
) {
  const values = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) values[i * n + j]! += a(i, p) * b(p, j);
    }
  }
  return { shape: [m, n], values };
}

function registerClassifier(): void {
  register('FastpathGlobalAveragePool', ({ x }, _, shapes) => {
    const [n, height, width, channels] = shapes.x as [number, number, number, number];
    const pixels = height * width;
    const y = new Float64Array(n * channels);
    x!.forEach((value, i) => {
      y[Math.floor(i / (pixels * channels)) * channels + (i % channels)]! += value / pixels;
    });
    return [{ shape: [n, channels], values: y }];
  });
  register('FastpathGlobalAveragePoolGrad', ({ dy }, { xShape }) => {
    const [n, height, width, channels] = xShape as [number, number, number, number];
    const pixels = height * width;
    const dx = Float64Array.from(
      { length: n * pixels * channels },
      (_, i) => dy![Math.floor(i / (pixels * channels)) * channels + (i % channels)]! / pixels,
    );
    return [{ shape: xShape, values: dx }];
  });
  register('FastpathLinear', ({ x, w, b }, _, shapes) => {
    const [rows, depth] = shapes.x as [number, number];
    const columns = shapes.w![1]!;
    const xAt = (i: number, p: number) => x![i * depth + p]!;
    const y = product(rows, columns, depth, xAt, (p, j) => w![p * columns + j]!);
    return [{ shape: y.shape, values: y.values.map((value, i) => value + b![i % columns]!) }];
  });
  register('FastpathLinearGrad', ({ x, dy, w }, _, shapes) => {
    const [rows, depth] = shapes.x as [number, number];
    const columns = shapes.w![1]!;
    const dyAt = (i: number, j: number) => dy![i * columns + j]!;
    return [
      product(rows, depth, columns, dyAt, (j, p) => w![p * columns + j]!),
      product(depth, columns, rows, (p, i) => x![i * depth + p]!, dyAt),
      { shape: [columns], values: product(1, columns, rows, () => 1, dyAt).values },
    ];
  });
  register('FastpathSoftmaxCrossEntropy', ({ logits, labels }, { smoothing }, shapes) => {
    const dLogits = new Float32Array(logits!.length);
    const integers = Int32Array.from(labels!);
    const { loss, correct } = softmaxCrossEntropyRows(logits!, integers, shapes.logits![1]!, smoothing, dLogits);
    return [
      { shape: shapes.logits!, values: dLogits },
      { shape: [2], values: [loss, correct] },
    ];
  });
}

function registerElementwise(): void {
  register('FastpathAdd', ({ a, b }, _, shapes) => [
    { shape: shapes.a!, values: a!.map((value, i) => value + b![i]!) },
  ]);
  register('FastpathMultiply', ({ a, b }, _, shapes) => [
    { shape: shapes.a!, values: a!.map((value, i) => value * b![i]!) },
  ]);
  register('FastpathInnerProduct', ({ a, b }) => [
    { shape: [1], values: [a!.reduce((sum, value, i) => sum + value * b![i]!, 0)] },
  ]);
  register('FastpathSgdNesterov', ({ value, velocity, grad }, { learningRate, momentum, weightDecay }) => {
    for (let i = 0; i < value!.length; i++) {
      const g = grad![i]! + weightDecay * value![i]!;
      velocity![i] = momentum * velocity![i]! + g;
      value![i] = value![i]! - learningRate * (g + momentum * velocity![i]!);
    }
    return [];
  });
}

let registered = false;

/** Registers every kernel for the backend named `cpu`; once is enough. */
export function registerCpuKernels(): void {
  if (registered) return;
  registered = true;
  registerConvolutions();
  registerNormalisation();
  registerClassifier();
  registerElementwise();
}
