import { beforeAll, expect, it } from 'vitest';
import { selectBackend } from '../backend/select.ts';
import { testBackend } from '../backend/test-backend.ts';
import { networkOf } from '../network/from-architecture.ts';
import { smallArchitecture } from '../network/test-architecture.ts';
import { TrainingWeights } from './training-weights.ts';

beforeAll(async () => {
  await selectBackend(testBackend);
});

function training(averageDecay: number) {
  const network = networkOf(smallArchitecture, { seed: 1 });
  const weights = new TrainingWeights(network, { averageDecay });
  const bias = network.classifier.bias;
  const set = (value: number) => bias.assign(new Float32Array(3).fill(value));
  return { network, weights, set, bias: () => bias.read()[0]! };
}

it('keeps the moving average, which forgets its first weights fast', async () => {
  const { weights, set, bias } = training(0.9);
  let expected = bias();
  for (const [i, value] of [4, -2, 7, 1].entries()) {
    set(value);
    weights.follow(i + 1);
    const decay = Math.min(0.9, (i + 2) / (i + 11));
    expected = decay * expected + (1 - decay) * value;
  }
  expect(await weights.asKept(async () => bias())).toBeCloseTo(expected, 5);
  expect(bias()).toBe(1);
  weights.settle();
  expect(bias()).toBeCloseTo(expected, 5);
});

it('without an average, keeps the weights themselves', async () => {
  const { weights, set, bias } = training(0);
  set(5);
  weights.follow(1);
  expect(await weights.asKept(async () => bias())).toBe(5);
  weights.settle();
  expect(bias()).toBe(5);
});

it('puts the best back, whatever came after it', () => {
  const { weights, set, bias } = training(0);
  set(5);
  weights.keepAsBest();
  set(6);
  expect(bias()).toBe(6);
  weights.settle();
  expect(bias()).toBe(5);
});

it('is the same after a checkpoint: weights, average and best', async () => {
  const [before, after] = [training(0.9), training(0.9)];
  for (const [i, value] of [4, -2].entries()) {
    before.set(value);
    before.weights.follow(i + 1);
    if (i === 0) before.weights.keepAsBest();
  }
  after.weights.restore(before.weights.read());
  expect(after.bias()).toBe(before.bias());
  const kept = ({ weights, bias }: typeof before) => weights.asKept(async () => bias());
  expect(await kept(after)).toBe(await kept(before));
  for (const { weights, set } of [before, after]) {
    set(3);
    weights.follow(3);
  }
  expect(after.weights.read()).toEqual(before.weights.read());
  for (const { weights } of [before, after]) weights.settle();
  expect(after.bias()).toBe(before.bias());
});

it('refuses a checkpoint that has no average', () => {
  const weights = training(0.9).weights;
  expect(() => weights.restore(training(0).weights.read())).toThrow(/hold no float32 tensor .*\.average/);
});
