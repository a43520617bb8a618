/**
 * @file Every gradient on the backend under test and on the cpu backend against finite differences of the forward operation:
 * ∂/∂input of L = Σ output·probe is compared with (L(input + ε) − L(input − ε)) / 2ε, entry by entry.
 */
import { setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { outputShape, symmetricGeometry } from './geometry.ts';
import {
  batchNorm,
  batchNormGrad,
  conv2d,
  conv2dFilterGrad,
  conv2dInputGrad,
  depthwise,
  depthwiseFilterGrad,
  depthwiseInputGrad,
  globalAveragePool,
  globalAveragePoolGrad,
  innerProduct,
  linear,
  linearGrad,
  softmaxCrossEntropy,
  takeNumber,
} from './ops.ts';
import { selectBackend } from './select.ts';
import { testBackend } from './test-backend.ts';

const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** Irregular values in (−1, 1). */
function values(shape: readonly number[], seed: number): Float32Array {
  return Float32Array.from({ length: size(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));
}

/** Slope of `loss` along each entry of the input at `position`. */
function slopes(
  loss: (...inputs: Tensor[]) => number,
  shapes: readonly (readonly number[])[],
  data: readonly Float32Array[],
  position: number,
  step: number,
): number[] {
  const at = (entry: number, change: number) => {
    const tensors = shapes.map((shape, i) => {
      const copy = data[i]!.slice();
      if (i === position) copy[entry]! += change;
      return tensor(copy, [...shape]);
    });
    return loss(...tensors);
  };
  return Array.from(
    { length: data[position]!.length },
    (_, entry) => (at(entry, step) - at(entry, -step)) / (2 * step),
  );
}

/** Compares `gradients` (one tensor for each input) with the slopes of `loss`. */
function check(
  shapes: readonly (readonly number[])[],
  loss: (...inputs: Tensor[]) => number,
  gradients: (...inputs: Tensor[]) => Tensor[],
  step: number,
  tolerance: number,
): void {
  const data = shapes.map((shape, i) => values(shape, i + 1));
  const actual = gradients(...shapes.map((shape, i) => tensor(data[i]!.slice(), [...shape])));
  actual.forEach((gradient, position) => {
    expect(gradient.shape).toEqual(shapes[position]);
    const got = gradient.dataSync<'float32'>();
    slopes(loss, shapes, data, position, step).forEach((slope, entry) => {
      expect(Math.abs(got[entry]! - slope), `input ${position}, entry ${entry}`).toBeLessThan(tolerance);
    });
  });
}

describe.each([testBackend, 'cpu'] as const)('%s', (backend) => {
  beforeAll(async () => {
    await selectBackend(backend);
    await setBackend(backend);
  });

  for (const kernel of [1, 3, 5, 7]) {
    for (const stride of [1, 2]) {
      test(`conv2d, kernel ${kernel}, stride ${stride}`, () => {
        const x = [2, 4, 3, 2];
        const w = [kernel, kernel, 2, 3];
        const probe = tensor(
          values(outputShape(symmetricGeometry(x, w, stride)), 9),
          outputShape(symmetricGeometry(x, w, stride)),
        );
        // The loss is linear in each input: a large step has no error but rounding.
        check(
          [x, w],
          (xs, ws) => takeNumber(innerProduct(conv2d(xs!, ws!, stride), probe)),
          (xs, ws) => [conv2dInputGrad(probe, ws!, x, stride), conv2dFilterGrad(xs!, probe, w, stride)],
          1,
          5e-5,
        );
      });

      test(`depthwise, kernel ${kernel}, stride ${stride}`, () => {
        const x = [2, 5, 4, 5];
        const w = [kernel, kernel, 5, 1];
        const shape = outputShape(symmetricGeometry(x, w, stride, true));
        const probe = tensor(values(shape, 9), shape);
        check(
          [x, w],
          (xs, ws) => takeNumber(innerProduct(depthwise(xs!, ws!, stride), probe)),
          (xs, ws) => [depthwiseInputGrad(probe, ws!, x, stride), depthwiseFilterGrad(xs!, probe, w, stride)],
          1,
          5e-5,
        );
      });
    }
  }

  test.each([false, true])('batch normalisation, relu6 %s', (relu6) => {
    const x = [3, 3, 2, 5];
    const probe = tensor(values(x, 9), x);
    check(
      [x, [5], [5]],
      (xs, scale, shift) => takeNumber(innerProduct(batchNorm(xs!, scale!, shift!, { relu6 }).y, probe)),
      (xs, scale, shift) => {
        const { mean, variance } = batchNorm(xs!, scale!, shift!, { relu6 });
        return Object.values(batchNormGrad(xs!, probe, scale!, shift!, mean, variance, { relu6 }));
      },
      1e-3,
      2e-3,
    );
  });

  test('global average pool', () => {
    const x = [2, 3, 2, 5];
    const probe = tensor(values([2, 5], 9), [2, 5]);
    check(
      [x],
      (xs) => takeNumber(innerProduct(globalAveragePool(xs!), probe)),
      () => [globalAveragePoolGrad(probe, x)],
      1,
      1e-6,
    );
  });

  test('linear', () => {
    const probe = tensor(values([3, 5], 9), [3, 5]);
    check(
      [[3, 6], [6, 5], [5]],
      (x, w, b) => takeNumber(innerProduct(linear(x!, w!, b!), probe)),
      (x, w) => Object.values(linearGrad(x!, probe, w!)),
      1,
      1e-5,
    );
  });

  test.each([0, 0.1])('softmax cross-entropy, smoothing %d', (smoothing) => {
    const labels = Int32Array.from([0, 3, 2]);
    const score = (logits: Tensor) => softmaxCrossEntropy(logits, labels, smoothing);
    check(
      [[3, 4]],
      (logits) => score(logits!).score.dataSync()[0]!,
      (logits) => [score(logits!).dLogits],
      1e-2,
      5e-5,
    );
  });
});

test('softmax cross-entropy of a hand-worked example', async () => {
  await selectBackend(testBackend);
  // softmax(ln 1, ln 2, ln 5) = (1, 2, 5)/8; two rows, labels 2 and 0; smoothing 0.3 puts 0.1 on each class.
  const logits = tensor([0, Math.log(2), Math.log(5), 0, Math.log(2), Math.log(5)], [2, 3]);
  const plain = softmaxCrossEntropy(logits, Int32Array.from([2, 0]), 0);
  const [loss, correct] = plain.score.dataSync();
  expect(loss).toBeCloseTo((Math.log(8 / 5) + Math.log(8)) / 2, 6);
  expect(correct).toBe(1);
  [1 / 16, 2 / 16, -3 / 16, -7 / 16, 2 / 16, 5 / 16].forEach((expected, i) => {
    expect(plain.dLogits.dataSync()[i]).toBeCloseTo(expected, 6);
  });
  const smooth = softmaxCrossEntropy(logits, Int32Array.from([2, 0]), 0.3);
  const uniform = 0.1 * (Math.log(8) + Math.log(4) + Math.log(8 / 5));
  expect(smooth.score.dataSync()[0]).toBeCloseTo((0.7 * Math.log(8 / 5) + 0.7 * Math.log(8)) / 2 + uniform, 6);
});
