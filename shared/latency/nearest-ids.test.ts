/** @file Edit distances worked out by hand and against their definition; suggestions in the right order. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearestIds, unknownHardware } from './nearest-ids.ts';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['pixel-2', 'pixel-3', 1],
  ['flaw', 'lawn', 2],
])('%j and %j are %i edits apart', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

test('the distance follows its recursive definition', () => {
  const slow = (a: string, b: string): number => {
    if (a === '' || b === '') return a.length + b.length;
    if (a[0] === b[0]) return slow(a.slice(1), b.slice(1));
    return 1 + Math.min(slow(a.slice(1), b), slow(a, b.slice(1)), slow(a.slice(1), b.slice(1)));
  };
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(slow(a, b));
    }),
  );
});

test('the nearest come first, and at most three', () => {
  const known = ['pixel-2', 'pixel-22', 'galaxy-s7', 'pixel-3', 'raspberry-pi-4'];
  expect(nearestIds('pixel-2', known)).toEqual(['pixel-2', 'pixel-22', 'pixel-3']);
  expect(unknownHardware('pixel2', ['pixel-2']).message).toBe(
    'no latency is known for hardware pixel2: use one of pixel-2 (fastpath hardware lists all there are)',
  );
  expect(unknownHardware('pixel2', ['pixel-2'], 'GET /v1/hardware').message).toMatch(/ \(GET \/v1\/hardware lists all/);
});
