import { memory, tensor } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { Random } from '../../shared/random.ts';
import { selectBackend } from '../backend/select.ts';
import { testBackend } from '../backend/test-backend.ts';
import type { LossOptions } from './classifier.ts';
import type { ConvNet } from './conv-net.ts';
import { networkOf } from './from-architecture.ts';
import { smallArchitecture } from './test-architecture.ts';
import { accumulatedWeightStep, weightStep } from './weight-step.ts';

const loss: LossOptions = { labelSmoothing: 0.1, dropout: null };
const options = { learningRate: 0.05, weightDecay: 0.01 };

function batch(name: string) {
  const random = Random.named(3, name);
  const images = tensor(
    Float32Array.from({ length: 4 * 8 * 8 * 3 }, () => random.normal()),
    [4, 8, 8, 3],
  );
  return { images, labels: Int32Array.from({ length: 4 }, () => random.below(3)) };
}

beforeAll(async () => {
  await selectBackend(testBackend);
});

const weights = (network: ConvNet) => network.parameters.map((parameter) => parameter.read().slice());

it('steps by the mean gradient of all batches, and leaves nothing behind', () => {
  const batches = [batch('a'), batch('b'), batch('c')];
  const sums = new Map<string, Float64Array>();
  const apart = networkOf(smallArchitecture, { seed: 5 });
  const losses = batches.map(
    ({ images, labels }) =>
      apart
        .weightGradients(images, labels, loss, (parameter, gradient) => {
          const sum = sums.get(parameter.name) ?? new Float64Array(gradient.size);
          for (const [i, g] of gradient.dataSync<'float32'>().entries()) sum[i]! += g / batches.length;
          sums.set(parameter.name, sum);
          gradient.dispose();
        })
        .read().loss,
  );
  const network = networkOf(smallArchitecture, { seed: 5 });
  const before = weights(network);
  const tensors = memory().numTensors;
  const step = accumulatedWeightStep(
    network,
    batches.map((each) => ({ ...each, loss })),
    options,
  ).read();
  expect(memory().numTensors).toBe(tensors);
  expect(step.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 3, 5);
  for (const [k, parameter] of network.parameters.entries()) {
    const after = parameter.read();
    for (const [i, gradient] of sums.get(parameter.name)!.entries()) {
      const decayed = gradient + (parameter.decays ? options.weightDecay * before[k]![i]! : 0);
      // Nesterov's first step: velocity is the gradient, so the weight moves by 1.9 of it.
      expect(after[i]).toBeCloseTo(before[k]![i]! - options.learningRate * 1.9 * decayed, 5);
    }
  }
});

it('of one batch is the plain step, to the last bit', () => {
  const { images, labels } = batch('a');
  const [plain, accumulated] = [networkOf(smallArchitecture, { seed: 5 }), networkOf(smallArchitecture, { seed: 5 })];
  const one = weightStep(plain, images, labels, loss, options).read();
  expect(accumulatedWeightStep(accumulated, [{ images, labels, loss }], options).read()).toEqual(one);
  expect(weights(accumulated)).toEqual(weights(plain));
});

it('blended labels: loss and gradient are the blend of both labels', () => {
  const { images, labels } = batch('a');
  const other = Int32Array.from(labels, (label) => (label + 1) % 3);
  const share = 0.3;
  const gradientsOf = (own: Int32Array, lossOptions: LossOptions) => {
    const gradients = new Map<string, Float32Array>();
    const score = networkOf(smallArchitecture, { seed: 5 }).weightGradients(images, own, lossOptions, (p, g) => {
      gradients.set(p.name, g.dataSync<'float32'>().slice());
      g.dispose();
    });
    return { value: score.read().loss, gradients };
  };
  const [first, second] = [gradientsOf(labels, loss), gradientsOf(other, loss)];
  const mixed = gradientsOf(labels, { ...loss, mix: { labels: other, share } });
  expect(mixed.value).toBeCloseTo(share * first.value + (1 - share) * second.value, 5);
  for (const [name, gradient] of mixed.gradients) {
    for (const [i, g] of gradient.entries()) {
      expect(g).toBeCloseTo(share * first.gradients.get(name)![i]! + (1 - share) * second.gradients.get(name)![i]!, 4);
    }
  }
});
