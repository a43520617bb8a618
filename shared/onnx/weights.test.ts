import { expect, it } from 'vitest';
import { blockLayers } from '../architecture/layers.ts';
import { randomWeights, weightDims, weightsByShape } from './weights.ts';

const [expand, depthwise, project] = blockLayers(
  { op: 'mbconv', kernel: 3, expansion: 4, stride: 1, in: 16, out: 16, shortcut: true },
  8,
  'block',
);

it('weights by shape are equal for equal shapes, drawn like those by name, and others for another seed', () => {
  const weights = weightsByShape(1);
  const first = weights('block 1/expand', expand!);
  expect(weights('block 7/expand', expand!)).toBe(first);
  for (const layer of [expand!, depthwise!, project!]) {
    const { weight, bias } = weights('any', layer);
    expect(weight).toHaveLength(weightDims(layer).reduce((a, b) => a * b));
    expect(bias).toHaveLength(layer.out);
    // Variance 2 / fan in, as by name: within a fifth for so few numbers.
    const variance = (values: Float32Array) => values.reduce((sum, v) => sum + v * v, 0) / values.length;
    expect(variance(weight) / variance(randomWeights(2)('any', layer).weight)).toBeCloseTo(1, 0);
  }
  expect(weights('', project!).weight).not.toEqual(first.weight);
  expect(weightsByShape(2)('', expand!).weight).not.toEqual(first.weight);
});
