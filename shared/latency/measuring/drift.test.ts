import { expect, it } from 'vitest';
import { driftOf } from './drift.ts';

const steady = new Array<number>(64).fill(100);

it('sees a machine that slowed down for an eighth of the run', () => {
  const samples = steady.map((us, i) => (i >= 56 ? 105 : us));
  expect(driftOf('block', samples, 0.5)).toEqual({
    reference: 'block',
    largestFraction: 0.05,
    unstable: true,
    piecesUs: [100, 100, 100, 100, 100, 100, 100, 105],
  });
});

it('calls a steady machine stable, and one that is 2 % off', () => {
  expect(driftOf('block', steady, 0.1)).toMatchObject({ largestFraction: 0, unstable: false });
  const samples = steady.map((us, i) => (i < 8 ? 98 : us));
  expect(driftOf('block', samples, 0.5)).toMatchObject({ largestFraction: 0.02, unstable: false });
});

it('cuts a short run into fewer pieces, of eight visits at least', () => {
  expect(driftOf('block', steady.slice(0, 23), 0.1).piecesUs).toHaveLength(2);
  expect(driftOf('block', [100, 900], 0.1).piecesUs).toHaveLength(1);
});

it('forgives single visits that were disturbed', () => {
  const samples = steady.map((us, i) => (i % 4 === 0 ? 9 * us : us));
  expect(driftOf('block', samples, 0.1)).toMatchObject({ largestFraction: 0, unstable: false });
});
