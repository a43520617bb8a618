/** @file Edit distances worked out by hand, and by their definition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

/** The definition, without a table. */
function byDefinition(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return byDefinition(restA, restB);
  return 1 + Math.min(byDefinition(restA, b), byDefinition(a, restB), byDefinition(restA, restB));
}

describe('the nearest ids', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['ort-1t', 'ort-2t', 1],
    ['flaw', 'lawn', 2],
  ])('%s and %s are %i edits apart', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
  });

  it('count edits as defined', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(byDefinition(a, b));
      }),
    );
  });

  it('come nearest first, three at most, and none that is something else altogether', () => {
    const known = ['pixel-7-cpu', 'pixel-6-cpu', 'pixel-6-gpu', 'pixel-6-npu', 'raspberry-pi-4'];
    expect(nearest('Pixel-6-cpu', known)).toEqual(['pixel-6-cpu', 'pixel-7-cpu', 'pixel-6-gpu']);
    expect(nearest('toaster', known)).toEqual([]);
  });
});
