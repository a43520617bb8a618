/** @file Candidates of one block begin alike, and each begins Kaiming-normal. */
import { beforeAll, expect, it } from 'vitest';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { selectBackend } from '../backend/select.ts';
import type { MbConv } from '../network/mbconv.ts';
import { Supernet } from './supernet.ts';

let supernet: Supernet;
/** kernel 3, 5, 7 with expansion 3 and 6 in turn */
let block: MbConv[];

beforeAll(async () => {
  await selectBackend('wasm');
  supernet = new Supernet(planSupernet(findSpace('cifar'), { resolution: 32, classes: 10 }), { seed: 3 });
  block = supernet.candidates[5]!.filter((candidate) => candidate !== null);
});

const weights = (candidate: MbConv) => candidate.layers.map((layer) => layer.weight.read());
const deviation = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

it('gives a wider candidate the channels of a narrower one', () => {
  const [expand3, , project3] = weights(block[0]!);
  const [expand6, , project6] = weights(block[1]!);
  const { in: inputs, out: outputs } = block[0]!.shape;
  const hidden = 3 * inputs;
  for (let channel = 0; channel < hidden; channel += 7) {
    for (let input = 0; input < inputs; input += 5) {
      const wide = expand6![input * 2 * hidden + channel]!;
      expect(expand3![input * hidden + channel]).toBeCloseTo(wide * Math.SQRT2, 6);
    }
    for (let output = 0; output < outputs; output += 9) {
      expect(project3![channel * outputs + output]).toBe(project6![channel * outputs + output]);
    }
  }
});

it('makes a small kernel the middle of a large one', () => {
  const hidden = 3 * block[0]!.shape.in;
  const [kernel3, , kernel5, , kernel7] = block.map((candidate) => weights(candidate)[1]!);
  for (let channel = 0; channel < hidden; channel += 11) {
    for (const [y, x] of [
      [0, 0],
      [1, 2],
      [2, 1],
    ] as const) {
      const tap = kernel3![(y * 3 + x) * hidden + channel]!;
      const inFive = kernel5![((y + 1) * 5 + x + 1) * hidden + channel]!;
      const inSeven = kernel7![((y + 2) * 7 + x + 2) * hidden + channel]!;
      expect(tap).toBeCloseTo((inFive * 5) / 3, 5);
      expect(tap).toBeCloseTo((inSeven * 7) / 3, 5);
    }
  }
});

it('draws every candidate with the Kaiming-normal deviation of its own shape', () => {
  for (const candidate of block) {
    const [expand, depthwise, project] = weights(candidate);
    const { in: inputs, out, kernel, expansion } = candidate.shape;
    expect(deviation(expand!) / Math.sqrt(2 / (inputs * expansion))).toBeCloseTo(1, 1);
    expect(deviation(depthwise!) / Math.sqrt(2 / kernel ** 2)).toBeCloseTo(1, 1);
    expect(deviation(project!) / Math.sqrt(2 / out)).toBeCloseTo(1, 1);
  }
});

it('gives another block and another seed other weights', () => {
  const [third, fourth] = [supernet.candidates[3]!, supernet.candidates[4]!];
  expect(weights(third[0]!)).not.toEqual(weights(fourth[0]!));
  const other = new Supernet(supernet.plan, { seed: 4 });
  expect(weights(other.candidates[3]![0]!)).not.toEqual(weights(third[0]!));
});
