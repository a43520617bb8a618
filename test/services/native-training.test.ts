/** @file A small supernet trained on WebAssembly and inside TensorFlow, with either kind of kernels, from the same seed. */
import { engine, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadAddon } from '../../batch/backend/native/addon.ts';
import { selectBackend } from '../../batch/backend/select.ts';
import { weightStep } from '../../batch/network/weight-step.ts';
import { architectureGradient, samplePairs } from '../../batch/supernet/architecture-step.ts';
import { Supernet } from '../../batch/supernet/supernet.ts';
import type { SearchSpace } from '../../shared/contract/space.ts';
import { Random } from '../../shared/random.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { uniformPath } from '../../shared/space/path.ts';

const space: SearchSpace = {
  format: 'fastpath.space/1',
  name: 'three-blocks',
  resolution: 24,
  stem: { kernel: 3, stride: 2, channels: 8 },
  first: { kernel: 3, channels: 8 },
  stages: [
    { width: 16, depth: 2, stride: 2 },
    { width: 24, depth: 1, stride: 1 },
  ],
  candidates: [
    { op: 'mbconv', kernel: 3, expansion: 3 },
    { op: 'mbconv', kernel: 5, expansion: 6 },
    { op: 'mbconv', kernel: 7, expansion: 3 },
    { op: 'zero' },
  ],
  head: { channels: 40 },
};
const plan = planSupernet(space, { resolution: 24, classes: 3 });
const uniform = plan.blocks.map(({ candidates }) => candidates.map(() => 0));
const seed = 2;
const labels = Int32Array.from({ length: 32 }, (_, i) => i % 3);

/** Noise, a little brighter in the class's own colour. */
function makeImages(): Tensor {
  const random = Random.named(seed, 'images');
  const perImage = 24 * 24 * 3;
  const pixels = Float32Array.from(
    { length: labels.length * perImage },
    (_, i) => random.normal() + (i % 3 === labels[Math.floor(i / perImage)] ? 0.5 : 0),
  );
  return tensor(pixels, [labels.length, 24, 24, 3]);
}

/** Losses of so many weight steps, and the architecture gradient before the first and after each tenth. */
function train(steps: number) {
  const images = makeImages();
  const supernet = new Supernet(plan, { seed });
  const choices = Random.named(seed, 'choices');
  const gradient = () => architectureGradient(supernet, samplePairs(uniform, choices), images, labels).gradient.flat();
  const gradients = [gradient()];
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const network = supernet.network(uniformPath(plan, choices));
    const options = { labelSmoothing: 0.1, dropout: null };
    const score = weightStep(network, images, labels, options, { learningRate: 0.05, weightDecay: 1e-2 });
    losses.push(score.read().loss);
    if (step % 10 === 9) gradients.push(gradient());
  }
  const variables = [...supernet.parameters, ...supernet.statistics];
  const weights = new Map(variables.map((variable) => [variable.name, variable.read().slice()]));
  for (const variable of variables) variable.dispose();
  images.dispose();
  return { losses, gradients, weights };
}

let reference: ReturnType<typeof train>;

beforeAll(async () => {
  await selectBackend('wasm');
  reference = train(50);
});
afterAll(() => {
  vi.unstubAllEnvs();
});

async function useNative(kernels: 'compiled' | 'stock'): Promise<string> {
  vi.stubEnv('FASTPATH_KERNELS', kernels);
  return (await selectBackend('tensorflow')).line;
}

describe.each([
  ['compiled', /with kernels compiled for this processor \(as asked\)/],
  ['stock', /with TensorFlow's own kernels, as FASTPATH_KERNELS says \(as asked\)/],
] as const)('%s kernels', (kernels, line) => {
  let trained: ReturnType<typeof train>;
  beforeAll(async () => {
    expect(await useNative(kernels)).toMatch(line);
    trained = train(50);
  });

  it('train as WebAssembly does, within float error', () => {
    expect(trained.losses.at(-1)).toBeLessThan(0.9 * trained.losses[0]!);
    const drift = trained.losses.map((loss, step) => Math.abs(loss / reference.losses[step]! - 1));
    console.log(
      `${kernels}: losses differ by ${[10, 20, 50]
        .map((steps) => `${Math.max(...drift.slice(0, steps)).toExponential(1)} in ${steps} steps`)
        .join(', ')}`,
    );
    // Rounding puts a unit on the other side of an edge of ReLU6 now and then; its gradient then jumps, and each step
    // multiplies the difference. Measured over seeds: at most 1e-6 in 10 steps, 2e-4 in 20, 1e-2 in 50.
    drift.forEach((difference, step) => {
      expect(difference, `step ${step}`).toBeLessThan(Math.min(1e-6 * 1.5 ** step, 5e-2));
    });
  });

  it('leave no handle of TensorFlow behind', () => {
    // The same two runs: the second needs no constant that the first did not make.
    const handles = () => (engine().backend as unknown as { getNumOfTFTensors(): number }).getNumOfTFTensors();
    train(10);
    const before = handles();
    train(10);
    expect(handles()).toBe(before);
  });

  it('give the architecture gradient of WebAssembly', () => {
    const [expected, actual] = [reference.gradients[0]!, trained.gradients[0]!];
    const largest = Math.max(...expected.map(Math.abs));
    // Rounding alone is 2e-6; a unit on an edge of ReLU6 can be worth 5e-3.
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!) / largest).toBeLessThan(1e-2);
    });
  });
});

it('compiled kernels give the same bits with one thread and with two', async () => {
  await useNative('compiled');
  const addon = loadAddon();
  const [one, two] = [1, 2].map((threads) => {
    addon.setThreads(threads);
    return train(20);
  });
  expect(two).toEqual(one);
});
