import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { selectBackend } from '../../batch/backend/select.ts';
import { Supernet } from '../../batch/supernet/supernet.ts';
import type { SearchSpace } from '../../shared/contract/space.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { allPathsNetwork } from './memory-all-paths.ts';
import { randomBatch } from './random-batch.ts';

const space: SearchSpace = {
  format: 'fastpath.space/1',
  name: 'two-blocks',
  resolution: 8,
  stem: { kernel: 3, stride: 1, channels: 4 },
  first: { kernel: 3, channels: 4 },
  stages: [{ width: 6, depth: 2, stride: 2 }],
  candidates: [{ op: 'mbconv', kernel: 3, expansion: 2 }, { op: 'mbconv', kernel: 5, expansion: 3 }, { op: 'zero' }],
  head: { channels: 8 },
};
const shape = { batch: 32, resolution: 8, classes: 3, seed: 6 };

beforeAll(async () => {
  await selectBackend('wasm');
});

it('trains all candidates and their gates as finite differences say, and frees all it kept', () => {
  const { network, blocks } = allPathsNetwork(new Supernet(planSupernet(space, shape), shape));
  // A fresh classifier is nearly flat; steep enough, differences of the loss rise above float32 rounding.
  network.classifier.weight.assign(network.classifier.weight.read().map((value) => value * 50));
  const { images, labels } = randomBatch(shape);
  const step = (sink: Parameters<typeof network.weightGradients>[3]) =>
    network.weightGradients(images, labels, { labelSmoothing: 0, dropout: null }, sink).read().loss;
  const lossNow = () => step((_, gradient) => gradient.dispose());

  const tensors = memory().numTensors;
  const gradients = new Map<string, Float32Array>();
  step((parameter, gradient) => {
    gradients.set(parameter.name, gradient.dataSync<'float32'>().slice());
    gradient.dispose();
  });
  expect(memory().numTensors).toBe(tensors);
  expect([...gradients.keys()].sort()).toEqual(network.parameters.map(({ name }) => name).sort());
  const gateGradients = blocks.map((block) => block.gateGradients);

  const small = 1e-3;
  for (const [i, block] of blocks.entries()) {
    for (const [k, gate] of [...block.gates].entries()) {
      const at = (change: number) => {
        block.gates[k] = gate + change;
        return lossNow();
      };
      const slope = (at(small) - at(-small)) / (2 * small);
      block.gates[k] = gate;
      expect(Math.abs(slope - gateGradients[i]![k]!)).toBeLessThan(0.03 * Math.abs(slope) + 3e-3);
    }
  }
  // The last block has a shortcut before the head's batch norm, where scales of single candidates matter.
  expect(gateGradients[1]!.some((gradient) => Math.abs(gradient) > 0.01)).toBe(true);

  for (const parameter of network.parameters.filter(({ name }) => name.startsWith('blocks.'))) {
    const gradient = gradients.get(parameter.name)!;
    const norm = Math.hypot(...gradient);
    if (norm < 3e-3) continue;
    const values = parameter.read().slice();
    const at = (sign: number) => {
      parameter.assign(values.map((value, i) => value + (sign * small * gradient[i]!) / norm));
      return lossNow();
    };
    const slope = (at(1) - at(-1)) / (2 * small);
    parameter.assign(values);
    expect(Math.abs(slope - norm) / norm, `${parameter.name}: ${slope} against ${norm}`).toBeLessThan(0.1);
  }
});
