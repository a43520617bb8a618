/** @file Predictions of whole ONNX models: what the block table knows, what operators tell, and what weights do not. */
import { describe, expect, it } from 'vitest';
import { builtInModels, findLatencyModel } from '../latency/built-in-models.ts';
import { FittedLatencyModel } from '../latency/fitted-model.ts';
import { findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import { CnnBuilder } from './cnn-builder.ts';
import { predictNetwork } from './predict-network.ts';
import { readNetwork } from './read-network.ts';
import { stripWeights } from './strip-weights.ts';
import { randomWeights } from './weights.ts';
import { writeBatchNetwork, writeNetwork } from './write-network.ts';

const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
const architecture = pathToArchitecture(
  plan,
  plan.blocks.map(({ candidates }, i) => i % candidates.length),
);
const { blocks: _, ...whole } = new FittedLatencyModel(builtInModels[0]!).predict(architecture);

describe('a network that Fastpath wrote', () => {
  it('is predicted from the block table, as its architecture is', () => {
    const model = new FittedLatencyModel(builtInModels[0]!);
    expect(predictNetwork(readNetwork(writeNetwork(architecture, { seed: 1 })), model)).toMatchObject(whole);
    const metadata = {};
    const forBatch = writeBatchNetwork(architecture, randomWeights(1), { features: false, metadata });
    expect(predictNetwork(readNetwork(forBatch), model)).toMatchObject(whole);
  });

  it('is the same without its weights, in a fifth of the bytes or less', () => {
    const written = writeNetwork(architecture, { seed: 1 });
    const stripped = stripWeights(written);
    expect(stripped.length).toBeLessThan(written.length / 5);
    expect(readNetwork(stripped)).toEqual(readNetwork(written));
  });
});

describe('a network of another kind', () => {
  const network = (images: number) => {
    const b = new CnnBuilder();
    const x = b.relu(b.conv(b.input(images, 3, 64, 64), { out: 32, kernel: 3, stride: 2 }));
    return readNetwork(b.finish('residual', [b.relu(b.add(b.conv(x, { out: 32, kernel: 3 }), x))]));
  };

  it('is predicted roughly where operators were never timed, and says so', () => {
    const { latencyUs, lowUs, highUs, flags, blocks } = predictNetwork(
      network(1),
      new FittedLatencyModel(builtInModels[0]!),
    );
    expect(lowUs).toBeLessThan(0.4 * latencyUs);
    expect(highUs).toBeGreaterThan(1.6 * latencyUs);
    expect(flags).toContainEqual(expect.stringMatching(/^no operators were timed on/));
    expect(blocks.map(({ signature }) => signature)).toContain('conv-k3x3-s1x1-g1-i32-o32-q32x32-r32x32');
  });

  it('is told apart by images a call', () => {
    const model = new FittedLatencyModel(builtInModels[0]!);
    const eight = predictNetwork(network(8), model);
    expect(eight.flags.at(-1)).toMatch(/^the model takes 8 images a call/);
    expect(eight.latencyUs).toBeGreaterThan(4 * predictNetwork(network(1), model).latencyUs);
  });

  it('is predicted from operators where they were timed', () => {
    const model = new FittedLatencyModel(findLatencyModel('intel-xeon-amx-ort-1t'));
    const { latencyUs, lowUs, highUs, blocks } = predictNetwork(network(1), model);
    expect((highUs - lowUs) / latencyUs).toBeLessThan(0.5);
    expect(blocks.map(({ signature }) => signature)).toEqual([
      'conv-k3x3-s2x2-g1-i3-o32-q64x64-r32x32-relu-blocked',
      'conv-k3x3-s1x1-g1-i32-o32-q32x32-r32x32-relu-add-blocked',
      'unblock-r32768-w32768',
    ]);
    const sum = blocks.reduce((us, block) => us + block.latencyUs, model.overheadUs);
    expect(latencyUs).toBeCloseTo(sum, 9);
  });
});
