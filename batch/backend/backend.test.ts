/** @file What training rounds leave behind, repeatability, updates in place, and errors, on the backend under test. */
import { engine, memory, reshape, tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { FastpathError } from '../../shared/errors.ts';
import * as ops from './ops.ts';
import { selectBackend } from './select.ts';
import { testBackend } from './test-backend.ts';

beforeAll(async () => {
  await selectBackend(testBackend);
});

/** One inverted-residual block with its classifier, forward and backward, in explicit calls. */
function round(weights: ReturnType<typeof makeWeights>): number[] {
  return tidy(() => {
    const { x, expand, spatial, scale, shift, classifier, bias } = weights;
    const hidden = ops.conv2d(x, expand, 1);
    const normal = ops.batchNorm(hidden, scale, shift, { relu6: true });
    const filtered = ops.depthwise(normal.y, spatial, 2);
    const masked = ops.multiply(filtered, filtered);
    const pooled = ops.globalAveragePool(masked);
    const logits = ops.linear(pooled, classifier, bias);
    const { score, dLogits } = ops.softmaxCrossEntropy(logits, Int32Array.from([0, 2]), 0.1);
    const last = ops.linearGrad(pooled, dLogits, classifier);
    const dMasked = ops.globalAveragePoolGrad(last.dx, masked.shape);
    const dNormal = ops.depthwiseInputGrad(dMasked, spatial, normal.y.shape, 2);
    const dSpatial = ops.depthwiseFilterGrad(normal.y, dMasked, spatial.shape, 2);
    const { dx } = ops.batchNormGrad(hidden, dNormal, scale, shift, normal.mean, normal.variance, { relu6: true });
    const dExpand = ops.conv2dFilterGrad(x, dx, expand.shape, 1);
    const dInput = ops.conv2dInputGrad(dx, expand, x.shape, 1);
    ops.sgdNesterov(expand, weights.velocity, dExpand, { learningRate: 0.1, weightDecay: 4e-5 });
    ops.movingAverage(weights.running, normal.mean, 0.1);
    const inference = ops.batchNormInference(hidden, scale, shift, weights.running, weights.running, { relu6: true });
    const products = [ops.innerProduct(ops.add(dInput, x), x), ops.innerProduct(dSpatial, spatial)];
    return [score.dataSync()[0]!, ...products.map(ops.takeNumber), inference.rank];
  });
}

function makeWeights() {
  const wave = (shape: number[], seed: number) =>
    tensor(
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 3.3 * i)),
      shape,
    );
  return {
    x: wave([2, 9, 7, 3], 1),
    expand: wave([1, 1, 3, 18], 2),
    velocity: zeros([1, 1, 3, 18]),
    spatial: wave([5, 5, 18, 1], 3),
    scale: wave([18], 4),
    shift: wave([18], 5),
    running: tensor(new Float32Array(18).fill(1)),
    classifier: wave([18, 3], 6),
    bias: wave([3], 7),
  };
}

test('tensors and their bytes are flat over 200 forward and backward rounds', () => {
  const weights = makeWeights();
  round(weights);
  const before = memory();
  for (let i = 0; i < 200; i++) round(weights);
  const after = memory();
  expect(after.numTensors).toBe(before.numTensors);
  expect(after.numDataBuffers).toBe(before.numDataBuffers);
  expect(after.numBytes).toBe(before.numBytes);
});

test('the same calls give the same bits', () => {
  const runs = [makeWeights(), makeWeights()].map((weights) => {
    const trace = Array.from({ length: 10 }, () => round(weights)).flat();
    return [...trace, ...weights.expand.dataSync<'float32'>(), ...weights.running.dataSync<'float32'>()];
  });
  expect(runs[1]).toEqual(runs[0]);
});

test('an update in place changes every view of the data and allocates nothing', () => {
  const value = tensor([1, 2], [2]);
  const view = reshape(value, [2, 1]);
  const before = engine().memory().numTensors;
  const grad = tensor([1, -1], [2]);
  const velocity = zeros([2]);
  ops.sgdNesterov(value, velocity, grad, { learningRate: 0.5, weightDecay: 0 });
  expect(engine().memory().numTensors).toBe(before + 2);
  // v = g = ±1, w −= 0.5·(g + 0.9·v)
  expect(view.dataSync<'float32'>()[0]).toBeCloseTo(1 - 0.95, 6);
  expect(view.dataSync<'float32'>()[1]).toBeCloseTo(2 + 0.95, 6);
});

test('an update in place works on beside views that are gone, and on a view that is left', () => {
  const value = tensor([1, 2], [2]);
  const [gone, left] = [reshape(value, [1, 2]), reshape(value, [2, 1])];
  gone.dispose();
  ops.movingAverage(value, tensor([3, 4]), 0.5);
  expect([...left.dataSync<'float32'>()]).toEqual([2, 3]);
  value.dispose();
  ops.movingAverage(left, tensor([[4], [5]]), 0.5);
  expect([...left.dataSync<'float32'>()]).toEqual([3, 4]);
});

test('shapes that do not fit are refused', () => {
  const x = zeros([1, 4, 4, 3]);
  expect(() => ops.conv2d(x, zeros([3, 3, 4, 8]), 1)).toThrow(FastpathError);
  expect(() => ops.depthwise(x, zeros([3, 3, 3, 2]), 1)).toThrow(/depthwise filter/);
  expect(() => ops.conv2dFilterGrad(x, zeros([1, 4, 4, 8]), [3, 3, 3, 8], 2)).toThrow(/output gradient/);
  expect(() => ops.batchNorm(x, zeros([4]), zeros([3]), { relu6: false })).toThrow(/scale/);
  expect(() => ops.add(x, zeros([48]))).toThrow(/summand/);
  expect(() => ops.linearGrad(zeros([1, 40]), zeros([1, 3]), zeros([2, 3]))).toThrow(/weights/);
  expect(() => ops.globalAveragePool(zeros([2, 3]))).toThrow(/4 axes/);
  expect(() => ops.batchNorm(zeros([2, 2, 2, 0]), zeros([0]), zeros([0]), { relu6: true })).toThrow(/empty/);
  expect(() => ops.conv2d(zeros([1, 4, 4, 0]), zeros([1, 1, 0, 8]), 1)).toThrow(/empty/);
  expect(() => ops.depthwise(x, zeros([3, 3, 3, 1]), 3)).toThrow(/stride of 1 or 2/);
  expect(() => ops.softmaxCrossEntropy(zeros([3]), Int32Array.from([0]), 0)).toThrow(/2 axes/);
  const logits = zeros([2, 3]);
  expect(() => ops.softmaxCrossEntropy(logits, Int32Array.from([0, 3]), 0)).toThrow(/Label 3/);
});

test('NaN is not hidden by ReLU6 or the loss', () => {
  const x = tensor([Number.NaN, 1, 2, 3], [4, 1, 1, 1]);
  const { y } = ops.batchNorm(x, tensor([1]), tensor([0]), { relu6: true });
  expect(y.dataSync<'float32'>().some(Number.isNaN)).toBe(true);
  expect(ops.softmaxCrossEntropy(tensor([[Number.NaN, 0]]), Int32Array.from([1]), 0).score.dataSync()[0]).toBeNaN();
});
