import { memory, tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { Random } from '../../shared/random.ts';
import { selectBackend } from '../backend/select.ts';
import { testBackend } from '../backend/test-backend.ts';
import { networkOf } from './from-architecture.ts';
import { passes } from './pass.ts';
import { weightStep } from './weight-step.ts';

const architecture: Architecture = {
  format: 'fastpath.architecture/1',
  resolution: 8,
  classes: 3,
  stem: { kernel: 3, stride: 2, channels: 4 },
  blocks: [
    { op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 4, out: 4, shortcut: false },
    { op: 'mbconv', kernel: 5, expansion: 3, stride: 2, in: 4, out: 6, shortcut: false },
    { op: 'mbconv', kernel: 3, expansion: 2, stride: 1, in: 6, out: 6, shortcut: true },
  ],
  head: { channels: 8 },
};
const noDropout = { labelSmoothing: 0.1, dropout: null };

function batch(size: number) {
  const random = Random.named(3, 'images');
  const images = tensor(
    Float32Array.from({ length: size * 8 * 8 * 3 }, () => random.normal()),
    [size, 8, 8, 3],
  );
  return { images, labels: Int32Array.from({ length: size }, (_, i) => i % 3) };
}

describe.each([testBackend, 'cpu'] as const)('a network on %s', (backend) => {
  beforeAll(async () => {
    await selectBackend(backend);
  });

  it('gives the gradient of every parameter that finite differences give', () => {
    const network = networkOf(architecture, { seed: 5 });
    const { images, labels } = batch(6);
    const gradients = new Map<string, Float32Array>();
    const first = network.weightGradients(images, labels, noDropout, (parameter, gradient) => {
      gradients.set(parameter.name, gradient.dataSync<'float32'>().slice());
      gradient.dispose();
    });
    first.dispose();
    const lossNow = () =>
      network.weightGradients(images, labels, noDropout, (_, gradient) => gradient.dispose()).read().loss;
    expect([...gradients.keys()].sort()).toEqual(network.parameters.map(({ name }) => name).sort());
    for (const parameter of network.parameters) {
      const gradient = gradients.get(parameter.name)!;
      const values = parameter.read().slice();
      // Along the gradient itself the directional derivative is its norm, far above float32 rounding of the loss.
      const norm = Math.hypot(...gradient);
      if (norm < 1e-3) continue;
      const step = 2e-3 / Math.max(1, norm);
      const at = (sign: number) => {
        parameter.assign(values.map((value, i) => value + (sign * step * gradient[i]!) / norm));
        return lossNow();
      };
      const slope = (at(1) - at(-1)) / (2 * step);
      parameter.assign(values);
      expect(Math.abs(slope - norm) / norm, `${parameter.name}: ${slope} against ${norm}`).toBeLessThan(0.05);
    }
  });

  it('learns a batch by heart, and frees all but its weights', () => {
    const network = networkOf(architecture, { seed: 5 });
    const { images, labels } = batch(12);
    const before = memory().numTensors;
    let last = { loss: Number.POSITIVE_INFINITY, correct: 0 };
    for (let i = 0; i < 60; i++) {
      last = weightStep(
        network,
        images,
        labels,
        { labelSmoothing: 0, dropout: null },
        { learningRate: 0.05, weightDecay: 0 },
      ).read();
    }
    expect(last.correct).toBe(12);
    expect(last.loss).toBeLessThan(0.2);
    expect(memory().numTensors).toBe(before);
  });

  it('updates running statistics in weight passes only', () => {
    const network = networkOf(architecture, { seed: 5 });
    const { images, labels } = batch(4);
    const statistics = () => network.statistics.map((variable) => Array.from(variable.read()));
    const before = statistics();
    network.logits(images, passes.probe).dispose();
    network.blockGradients(images, labels, () => {}).dispose();
    network.logits(images, passes.inference).dispose();
    expect(statistics()).toEqual(before);
    network.weightGradients(images, labels, noDropout, (_, gradient) => gradient.dispose()).dispose();
    expect(statistics()).not.toEqual(before);
  });
});
