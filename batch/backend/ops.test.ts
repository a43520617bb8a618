/** @file Every operation on the backend under test against the plain loops of the cpu backend, on awkward shapes. */
import { engine, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { outputShape, symmetricGeometry } from './geometry.ts';
import {
  add,
  batchNorm,
  batchNormGrad,
  batchNormInference,
  conv2d,
  conv2dFilterGrad,
  conv2dInputGrad,
  convNorm,
  convNormGrad,
  depthwise,
  depthwiseFilterGrad,
  depthwiseInputGrad,
  globalAveragePool,
  globalAveragePoolGrad,
  innerProduct,
  linear,
  linearGrad,
  movingAverage,
  multiply,
  sgdNesterov,
  softmaxCrossEntropy,
} from './ops.ts';
import { selectBackend } from './select.ts';
import { testBackend } from './test-backend.ts';

type Outcome = Tensor | number;

beforeAll(async () => {
  await selectBackend('cpu');
  await selectBackend(testBackend);
});

/** Deterministic values in [−2, 2) that repeat late. */
function values(length: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

/** Makes one tensor a shape, seeded by position. */
function inputs(shapes: readonly (readonly number[])[], seed: number): Tensor[] {
  return shapes.map((shape, i) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return tensor(values(length, seed * 31 + i), [...shape]);
  });
}

/** Runs `run` on fresh inputs under both backends and compares each outcome, relative to its own spread. */
async function compare(
  shapes: readonly (readonly number[])[],
  run: (...tensors: Tensor[]) => Outcome[],
  seed = 1,
  tolerance = 2e-6,
): Promise<void> {
  const results: { shape: number[]; data: ArrayLike<number> }[][] = [];
  for (const name of ['cpu', testBackend]) {
    await setBackend(name);
    const tensors = inputs(shapes, seed);
    const outcomes = run(...tensors);
    results.push(
      outcomes.map((outcome) =>
        typeof outcome === 'number'
          ? { shape: [], data: [outcome] }
          : { shape: outcome.shape, data: outcome.dataSync<'float32'>() },
      ),
    );
    engine().disposeVariables();
    for (const outcome of outcomes) if (typeof outcome !== 'number') outcome.dispose();
    for (const input of tensors) input.dispose();
  }
  const [expected, actual] = results as [(typeof results)[0], (typeof results)[0]];
  expect(actual.length).toBe(expected.length);
  expected.forEach((wanted, i) => {
    const got = actual[i]!;
    expect(got.shape).toEqual(wanted.shape);
    const largest = Array.from(wanted.data).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    const worst = Array.from(wanted.data).reduce((most, value, j) => {
      const difference = Math.abs(value - got.data[j]!);
      return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
    }, 0);
    expect(worst / largest, `outcome ${i} of ${JSON.stringify(shapes)}`).toBeLessThan(tolerance);
  });
}

const denseCases: [kernel: number, stride: number, x: number[], cout: number][] = [];
const depthwiseCases: [kernel: number, stride: number, x: number[]][] = [];
for (const kernel of [1, 3, 5, 7]) {
  for (const stride of [1, 2]) {
    denseCases.push([kernel, stride, [1, 7, 5, 3], 17], [kernel, stride, [2, 9, 9, 5], 8]);
    denseCases.push([kernel, stride, [3, 4, 6, 17], 3]);
    depthwiseCases.push(
      [kernel, stride, [1, 7, 5, 3]],
      [kernel, stride, [2, 9, 9, 5]],
      [kernel, stride, [3, 4, 6, 17]],
    );
    depthwiseCases.push(
      [kernel, stride, [2, 12, 11, 16]],
      [kernel, stride, [1, 1, 2, 4]],
      [kernel, stride, [1, 2, 1, 20]],
    );
  }
}

describe('convolution', () => {
  test.each(denseCases)('kernel %i, stride %i, %j → %i channels', async (kernel, stride, x, cout) => {
    const w = [kernel, kernel, x[3]!, cout];
    const dy = outputShape(symmetricGeometry(x, w, stride));
    await compare([x, w, dy], (xs, ws, dys) => [
      conv2d(xs!, ws!, stride),
      conv2dInputGrad(dys!, ws!, x, stride),
      conv2dFilterGrad(xs!, dys!, w, stride),
    ]);
  });

  test('1×1 over random row, depth and column counts, across block edges', async () => {
    const size = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.integer({ min: 0, max: 1000 }), async (pixels, cin, cout, seed) => {
        const x = [1, pixels, 1, cin];
        await compare(
          [x, [1, 1, cin, cout], [1, pixels, 1, cout]],
          (xs, w, dy) => [
            conv2d(xs!, w!, 1),
            conv2dInputGrad(dy!, w!, x, 1),
            conv2dFilterGrad(xs!, dy!, [1, 1, cin, cout], 1),
          ],
          seed,
        );
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    [67, 260, 9],
    [300, 7, 265],
    [517, 31, 33],
  ])('1×1 of %i pixels, %i → %i channels', async (pixels, cin, cout) => {
    const x = [1, pixels, 1, cin];
    await compare([x, [1, 1, cin, cout], [1, pixels, 1, cout]], (xs, w, dy) => [
      conv2d(xs!, w!, 1),
      conv2dInputGrad(dy!, w!, x, 1),
      conv2dFilterGrad(xs!, dy!, [1, 1, cin, cout], 1),
    ]);
  });

  test.each(depthwiseCases)('depthwise, kernel %i, stride %i, %j', async (kernel, stride, x) => {
    const w = [kernel, kernel, x[3]!, 1];
    const dy = outputShape(symmetricGeometry(x, w, stride, true));
    await compare([x, w, dy], (xs, ws, dys) => [
      depthwise(xs!, ws!, stride),
      depthwiseInputGrad(dys!, ws!, x, stride),
      depthwiseFilterGrad(xs!, dys!, w, stride),
    ]);
  });
});

describe('convolution with normalisation', () => {
  type Case = [kind: 'dense' | 'depthwise', kernel: number, stride: number, x: number[], cout: number];
  const cases: Case[] = [
    ['dense', 1, 1, [2, 7, 5, 3], 17],
    ['dense', 3, 2, [3, 9, 8, 3], 24],
    ['dense', 5, 1, [2, 6, 6, 4], 5],
    ['dense', 1, 1, [5, 30, 30, 16], 72],
    ['dense', 3, 2, [5, 61, 59, 3], 19],
    ['depthwise', 3, 1, [3, 9, 7, 40], 40],
    ['depthwise', 5, 2, [2, 11, 6, 17], 17],
    ['depthwise', 7, 1, [2, 3, 5, 72], 72],
    ['depthwise', 7, 2, [17, 12, 12, 24], 24],
    ['depthwise', 9, 1, [1, 6, 11, 3], 3],
  ];
  for (const relu6 of [false, true]) {
    test.each(cases)(`%s, kernel %i, stride %i, %j → %i, relu6 ${relu6}`, async (kind, kernel, stride, x, cout) => {
      const w = [kernel, kernel, x[3]!, kind === 'dense' ? cout : 1];
      const y = outputShape(symmetricGeometry(x, w, stride, kind === 'depthwise'));
      await compare([x, w, [cout], [cout], y], (xs, ws, scale, shift, dy) => {
        const options = { kind, stride, relu6 };
        const run = (input: boolean, parameters: boolean, from = xs!) => {
          const { y, ...kept } = convNorm(from, ws!, scale!, shift!, options);
          const outcomes = [y, add(kept.mean, kept.mean), add(kept.variance, kept.variance), add(kept.c, kept.c)];
          const inputs = { x: from, dy: dy!, w: ws!, scale: scale!, shift: shift!, ...kept };
          if (!parameters) from.dispose();
          const { dx, parameters: own } = convNormGrad(inputs, options, { input, parameters });
          expect([dx === null, own === null]).toEqual([!input, !parameters]);
          return [...outcomes, ...(dx ? [dx] : []), ...Object.values(own ?? {})];
        };
        const all = [...run(true, true), ...run(false, true)];
        const copy = multiply(xs!, xs!);
        const inputOnly = run(true, false, copy);
        return [...all, ...inputOnly];
      });
    });
  }
});

describe('normalisation', () => {
  const shapes = [
    [2, 5, 7, 3],
    [1, 9, 9, 17],
    [3, 4, 4, 8],
    [4, 24, 24, 20],
    [2, 1, 1, 5],
  ];
  for (const relu6 of [false, true]) {
    test.each(shapes)(`relu6 ${relu6}: [%i, %i, %i, %i]`, async (...x) => {
      const c = [x[3]!];
      await compare(
        [x, c, c, x, c],
        (xs, scale, shift, dy, running) => {
          const variance = multiply(running!, running!);
          const trained = batchNorm(xs!, scale!, shift!, { relu6 });
          const grad = batchNormGrad(xs!, dy!, scale!, shift!, trained.mean, trained.variance, { relu6 });
          const inference = batchNormInference(xs!, scale!, shift!, running!, variance, { relu6 });
          return [...Object.values(trained), ...Object.values(grad), inference, variance];
        },
        3,
        2e-5,
      );
    });
  }

  test.each([[[14, 5]], [[3, 6, 4]]])('of any rank: %j', async (x) => {
    const c = [x.at(-1)!];
    await compare([x, c, c, x, c], (xs, scale, shift, dy, running) => {
      const variance = multiply(running!, running!);
      const { y, mean, variance: own } = batchNorm(xs!, scale!, shift!, { relu6: true });
      const grad = batchNormGrad(xs!, dy!, scale!, shift!, mean, own, { relu6: true });
      const inference = batchNormInference(xs!, scale!, shift!, running!, variance, { relu6: true });
      return [y, mean, own, ...Object.values(grad), inference, variance];
    });
  });

  test('a mean far from zero keeps its variance', async () => {
    const x = Float32Array.from(values(4000, 5), (value) => 1000 + value);
    const input = tensor(x, [1000, 1, 1, 4]);
    const { mean, variance, y } = batchNorm(input, tensor([1, 1, 1, 1]), tensor([0, 0, 0, 0]), { relu6: false });
    for (let c = 0; c < 4; c++) {
      const channel = x.filter((_, i) => i % 4 === c);
      const expectedMean = channel.reduce((sum, value) => sum + value, 0) / 1000;
      const expected = channel.reduce((sum, value) => sum + (value - expectedMean) ** 2, 0) / 1000;
      expect(mean.dataSync()[c]).toBeCloseTo(expectedMean, 3);
      expect(variance.dataSync()[c]! / expected).toBeCloseTo(1, 4);
    }
    expect(Math.abs(y.dataSync<'float32'>().reduce((sum, value) => sum + value, 0)) / 4000).toBeLessThan(1e-3);
  });

  test('moving average', async () => {
    await compare([[17], [17]], (running, batch) => {
      movingAverage(running!, batch!, 0.1);
      return [add(running!, batch!), multiply(running!, batch!)];
    });
  });
});

describe('classifier', () => {
  test.each([
    [1, 1, 1, 3],
    [2, 7, 5, 17],
    [3, 4, 4, 8],
  ])('global average pool [%i, %i, %i, %i]', async (...x) => {
    await compare([x, [x[0]!, x[3]!]], (xs, dy) => [globalAveragePool(xs!), globalAveragePoolGrad(dy!, x)]);
  });

  test.each([
    [1, 3, 5],
    [9, 17, 10],
    [32, 300, 13],
  ])('linear [%i, %i] → %i', async (rows, cin, cout) => {
    await compare([[rows, cin], [cin, cout], [cout], [rows, cout]], (x, w, b, dy) => [
      linear(x!, w!, b!),
      ...Object.values(linearGrad(x!, dy!, w!)),
    ]);
  });

  test.each([0, 0.1])('softmax cross-entropy, smoothing %d', async (smoothing) => {
    const labels = Int32Array.from([0, 3, 4, 1, 1, 2, 0]);
    await compare([[7, 5]], (logits) => {
      const { score, dLogits } = softmaxCrossEntropy(logits!, labels, smoothing);
      return [score, dLogits];
    });
  });
});

describe('elementwise', () => {
  test.each([1, 3, 4, 17, 1023])('%i elements', async (length) => {
    await compare([[length], [length], [length]], (a, b, c) => {
      const outcomes = [add(a!, b!), multiply(a!, b!), innerProduct(a!, b!)];
      sgdNesterov(a!, b!, c!, { learningRate: 0.1, weightDecay: 4e-2 });
      sgdNesterov(a!, b!, c!, { learningRate: 0.3, weightDecay: 0, momentum: 0.5 });
      return [...outcomes, add(a!, b!), multiply(a!, b!)];
    });
  });
});
