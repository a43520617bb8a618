import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataSet } from '../../shared/data/data-set.ts';
import { range } from '../../shared/data/sample-index.ts';
import { Random } from '../../shared/random.ts';
import { splitTraining } from './split.ts';

/** A data set that is nothing but labels, in mixed order, with `val` more samples behind the training ones. */
function labelled(counts: readonly number[], val = 0): DataSet {
  const labels = Uint16Array.from(counts.flatMap((count, label) => Array<number>(count).fill(label)));
  Random.named(7, 'mix').shuffle(labels);
  const all = new Uint16Array(labels.length + val);
  all.set(labels);
  return {
    uri: 'labels',
    kind: 'folder',
    classes: counts.map((_, i) => `class-${i}`),
    labels: all,
    sizes: new Uint32Array(all.length),
    train: range(0, labels.length),
    val: range(labels.length, all.length),
    fingerprint: '',
    nameOf: String,
    read: () => Promise.reject(new Error('labels only')),
  };
}

function countsOf(dataSet: DataSet, samples: Uint32Array): number[] {
  const counts = dataSet.classes.map(() => 0);
  for (const sample of samples) counts[dataSet.labels[sample]!]!++;
  return counts;
}

describe('splitTraining', () => {
  it('is a partition of the training samples with at least 20 a class, at most half of it, and equal where it can', () => {
    const classes = fc.array(fc.integer({ min: 40, max: 600 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(classes, fc.integer(), (counts, seed) => {
        const dataSet = labelled(counts, 30);
        const { weights, pathLogits } = splitTraining(dataSet, seed);
        expect([...weights, ...pathLogits].sort((a, b) => a - b)).toEqual([...dataSet.train]);
        const mean = counts.reduce((a, b) => a + b) / counts.length;
        const expected = Math.max(20, Math.round(0.1 * mean));
        countsOf(dataSet, pathLogits).forEach((held, label) => {
          expect(held).toBe(Math.min(expected, Math.floor(counts[label]! / 2)));
          expect(held).toBeGreaterThanOrEqual(20);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('follows the seed', () => {
    const dataSet = labelled([300, 300, 300]);
    expect(splitTraining(dataSet, 1)).toEqual(splitTraining(dataSet, 1));
    expect(splitTraining(dataSet, 1).pathLogits).not.toEqual(splitTraining(dataSet, 2).pathLogits);
  });

  it('holds out 50 a class of 1,000 classes of 1,300', () => {
    const dataSet = labelled(Array<number>(1000).fill(1300));
    const { weights, pathLogits } = splitTraining(dataSet, 3);
    expect([weights.length, pathLogits.length]).toEqual([1_250_000, 50_000]);
    expect(new Set(countsOf(dataSet, pathLogits))).toEqual(new Set([50]));
  });

  it('names the class that is too small, what it has and what it needs', () => {
    for (const few of [0, 19, 39]) {
      const splitting = () => splitTraining(labelled([100, few, 100]), 0);
      expect(splitting).toThrow(new RegExp(`class-1 .*has ${few} training images and needs at least 40`));
      expect(splitting).toThrow(expect.objectContaining({ code: 'data.class-too-small' }));
    }
  });
});
