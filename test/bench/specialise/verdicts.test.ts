/** @file Who is the fastest, and what counts as a tie. */
import { expect, it } from 'vitest';
import { type Contender, correlationSquare, factorOf, logRatio, placeOf } from './verdicts.ts';

const network = (name: string, top1: number, batchesMs: number[]): Contender => ({ name, top1, batchesMs });
const own = network('own', 70, [1, 1.02, 0.98, 1.01, 1, 1.01]);

it('is the fastest where all rivals take longer', () => {
  const place = placeOf(own, [
    network('a', 70.5, [1.2, 1.2, 1.21, 1.19, 1.2, 1.2]),
    network('b', 69.5, [1.1, 1.12, 1.1, 1.1, 1.1, 1.1]),
  ]);
  expect(place.verdict).toBe('fastest');
  expect(place.closest!.name).toBe('b');
  expect(place.closest!.logRatio.high).toBeLessThan(0);
});

it('is tied with a rival whose lead is within the interval, and slower where it is not', () => {
  expect(placeOf(own, [network('a', 70, [0.99, 1.03, 0.97, 1.02, 0.99, 1])]).verdict).toBe('tied');
  expect(placeOf(own, [network('a', 70, [0.9, 0.92, 0.88, 0.91, 0.9, 0.9])]).verdict).toBe('slower');
});

it('has no rival in a network that is more than a point less accurate, but in any that is more accurate', () => {
  const fast = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
  expect(placeOf(own, [network('a', 68.9, fast)])).toEqual({ verdict: 'fastest', closest: null });
  expect(placeOf(own, [network('a', 69, fast)]).verdict).toBe('slower');
  expect(placeOf(own, [network('a', 90, fast)]).verdict).toBe('slower');
});

it('pairs batches: what slows the machine down slows both', () => {
  const drifting = [1, 1.5, 2, 3, 2, 1];
  const ratio = factorOf(
    logRatio(
      drifting.map((ms) => 1.1 * ms),
      drifting,
    ),
  );
  expect(ratio.median).toBeCloseTo(1.1, 12);
  expect(ratio.low).toBeCloseTo(1.1, 9);
});

it('knows how much a line explains', () => {
  expect(correlationSquare([1, 2, 3], [5, 7, 9])).toBeCloseTo(1, 12);
  expect(correlationSquare([1, 2, 3, 4], [1, -1, -1, 1])).toBeCloseTo(0, 12);
  expect(correlationSquare([0, 1, 2], [0, 1, 0.5])).toBeCloseTo(0.25, 12);
});
