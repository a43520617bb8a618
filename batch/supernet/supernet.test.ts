import { memory, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SearchSpace } from '../../shared/contract/space.ts';
import { Random } from '../../shared/random.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { uniformPath } from '../../shared/space/path.ts';
import * as ops from '../backend/ops.ts';
import { selectBackend } from '../backend/select.ts';
import { testBackend } from '../backend/test-backend.ts';
import { ConvNet } from '../network/conv-net.ts';
import type { MbConv } from '../network/mbconv.ts';
import { type Pass, passes } from '../network/pass.ts';
import { weightStep } from '../network/weight-step.ts';
import { architectureGradient, samplePairs } from './architecture-step.ts';
import { pairLogitGradient, type SampledPair } from './formulas/pair.ts';
import { scorePaths } from './reinforce-step.ts';
import { Supernet } from './supernet.ts';

const space: SearchSpace = {
  format: 'fastpath.space/1',
  name: 'three-blocks',
  resolution: 8,
  stem: { kernel: 3, stride: 1, channels: 4 },
  first: { kernel: 3, channels: 4 },
  stages: [
    { width: 6, depth: 2, stride: 2 },
    { width: 6, depth: 1, stride: 1 },
  ],
  candidates: [{ op: 'mbconv', kernel: 3, expansion: 2 }, { op: 'mbconv', kernel: 5, expansion: 3 }, { op: 'zero' }],
  head: { channels: 8 },
};
const plan = planSupernet(space, { resolution: 8, classes: 3 });
const random = Random.named(11, 'images');
const batchSize = 48;
const labels = Int32Array.from({ length: batchSize }, (_, i) => i % 3);
let images: Tensor;
let supernet: Supernet;

beforeAll(async () => {
  await selectBackend(testBackend);
  const pixels = Float32Array.from({ length: batchSize * 8 * 8 * 3 }, () => random.normal());
  images = tensor(pixels, [batchSize, 8, 8, 3]);
  supernet = new Supernet(plan, { seed: 7 });
  // A fresh classifier is nearly flat; steep enough, finite differences rise above float32 rounding.
  const { weight } = supernet.network([0, 0, 0]).classifier;
  weight.assign(weight.read().map((value) => value * 100));
});

const pairOf = (first: number, second: number, active: 0 | 1): SampledPair => ({
  pair: [first, second],
  active,
  p: [0.3, 0.7],
});

/** Cross entropy when block `index` outputs Σ gate_k · candidate_k(x) beside its shortcut, batch statistics. */
function mixedLoss(path: number[], index: number, gates: Map<number, number>): number {
  const forward = (x: Tensor, pass: Pass) => {
    let y = plan.blocks[index]!.shortcut ? ops.multiply(x, tensor(new Float32Array(x.size).fill(1), x.shape)) : null;
    for (const [k, gate] of gates) {
      const candidate = supernet.candidates[index]![k]!;
      if (!candidate) continue;
      // The candidate's output without its shortcut.
      const withShortcut = candidate.forward(x, pass).y;
      const minus = (scale: number) => tensor(new Float32Array(x.size).fill(scale), x.shape);
      const bare = candidate.shape.shortcut ? ops.add(withShortcut, ops.multiply(x, minus(-1))) : withShortcut;
      const scaled = ops.multiply(bare, tensor(new Float32Array(bare.size).fill(gate), bare.shape));
      y = y ? ops.add(y, scaled) : scaled;
    }
    return { y: y!, trace: null };
  };
  const { stem, first, blocks, head, classifier } = supernet.network(path);
  const mixed = blocks.map((block, i) => (i === index ? ({ forward } as unknown as MbConv) : block));
  const logits = new ConvNet(stem, first, mixed, head, classifier).logits(images, passes.probe);
  // In double precision: float32 rounding of the loss would drown the differences.
  const values = Array.from(logits.dataSync<'float32'>());
  const losses = Array.from(labels, (label, i) => {
    const row = values.slice(i * 3, i * 3 + 3);
    return Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[label]!;
  });
  return losses.reduce((a, b) => a + b) / losses.length;
}

describe('the architecture gradient', () => {
  const cases: [string, SampledPair][] = [
    ['two convolutions, the first active', pairOf(0, 1, 0)],
    ['two convolutions, the second active', pairOf(0, 1, 1)],
    ['an inactive zero', pairOf(1, 2, 0)],
    ['an active zero', pairOf(0, 2, 1)],
  ];
  it.each(cases)('is that of finite differences on the gates: %s', (_, sampled) => {
    const block = 1;
    const path = [1, sampled.pair[sampled.active], 0];
    const { gradient, loss } = architectureGradient(supernet, { pairs: [null, sampled, null], path }, images, labels);
    // Small, so that few ReLU6 units change sides; what is left of that and of float32 is the tolerance.
    const step = 2.5e-4;
    const gate = (k: 0 | 1) => {
      const at = (change: number) => {
        const gates = new Map(sampled.pair.map((candidate, j) => [candidate, j === sampled.active ? 1 : 0]));
        gates.set(sampled.pair[k], gates.get(sampled.pair[k])! + change);
        return mixedLoss(path, block, gates);
      };
      return (at(step) - at(-step)) / (2 * step);
    };
    const expected = pairLogitGradient([gate(0), gate(1)], sampled.p);
    expect(loss).toBeCloseTo(mixedLoss(path, block, new Map([[path[1]!, 1]])), 5);
    expect(Math.abs(expected[0])).toBeGreaterThan(1e-3);
    for (const k of [0, 1] as const) {
      const difference = Math.abs(gradient[block]![sampled.pair[k]]! - expected[k]);
      expect(difference).toBeLessThan(0.01 * Math.abs(expected[k]) + 1e-4);
    }
    expect(gradient[0]).toEqual([0, 0]);
    expect(gradient[2]).toEqual([0, 0, 0]);
  });

  it('gives every block its own, in one pass, also before an identity', () => {
    const pairs = [pairOf(0, 1, 0), pairOf(0, 2, 1), pairOf(2, 1, 0)];
    const path = [0, 2, 2];
    const all = architectureGradient(supernet, { pairs, path }, images, labels).gradient;
    for (const [i, pair] of pairs.entries()) {
      const only = pairs.map((_, k) => (k === i ? pair : null));
      expect(architectureGradient(supernet, { pairs: only, path }, images, labels).gradient[i]).toEqual(all[i]);
      expect(all[i]!.some((g) => g !== 0)).toBe(true);
    }
  });

  it('moves no weight and no statistic, and keeps no tensor', () => {
    const variables = [...supernet.parameters, ...supernet.statistics];
    const before = variables.map((variable) => variable.read().slice());
    const tensors = memory().numTensors;
    architectureGradient(
      supernet,
      { pairs: [pairOf(0, 1, 0), pairOf(1, 2, 0), pairOf(2, 0, 0)], path: [0, 1, 2] },
      images,
      labels,
    );
    scorePaths(
      supernet,
      [
        [0, 1, 2],
        [1, 2, 0],
      ],
      images,
      labels,
    );
    expect(memory().numTensors).toBe(tensors);
    expect(variables.map((variable) => variable.read())).toEqual(before);
  });
});

describe('a weight step', () => {
  it('leaves candidates that were not sampled as they are, momentum and decay included', () => {
    const step = () =>
      weightStep(
        supernet.network([0, 1, 2]),
        images,
        labels,
        { labelSmoothing: 0.1, dropout: null },
        { learningRate: 0.05, weightDecay: 0.01 },
      );
    const read = () =>
      new Map(
        [...supernet.parameters.flatMap((p) => [p, p.momentum]), ...supernet.statistics].map((v) => [
          v.name,
          v.read().slice(),
        ]),
      );
    step();
    const before = read();
    step();
    const moved = [...read()]
      .filter(([name, values]) => values.some((v, i) => v !== before.get(name)![i]))
      .map(([name]) => name);
    const sampled = /^(stem|first|head|classifier|blocks\.0\.mbconv-k3-e2|blocks\.1\.mbconv-k5-e3)\./;
    expect(moved.filter((name) => !sampled.test(name))).toEqual([]);
    expect(new Set(moved.map((name) => sampled.exec(name)![1]))).toEqual(
      new Set(['stem', 'first', 'head', 'classifier', 'blocks.0.mbconv-k3-e2', 'blocks.1.mbconv-k5-e3']),
    );
  });
});

describe('two hundred steps', () => {
  it('leave as many tensors and bytes as there were', () => {
    const choices = Random.named(1, 'choices');
    const net = new Supernet(plan, { seed: 1 });
    const uniform = plan.blocks.map(({ candidates }) => candidates.map(() => 0));
    const before = { ...memory() };
    for (let step = 0; step < 200; step++) {
      const path = uniformPath(plan, choices);
      const loss = { labelSmoothing: 0.1, dropout: null };
      weightStep(net.network(path), images, labels, loss, { learningRate: 0.01, weightDecay: 4e-5 }).dispose();
      if (step % 5 === 4) architectureGradient(net, samplePairs(uniform, choices), images, labels);
    }
    expect(memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
  });
});
