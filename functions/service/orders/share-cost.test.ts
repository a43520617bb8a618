/** @file What jobs may cost together is what the order may cost, and no job needs more of it than its work is. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Estimate } from '../../../shared/contract/api/orders.ts';
import { shareCost } from './share-cost.ts';

const price = { instanceType: 'test', pricePerHourUsd: 1, source: 'test', date: '2026-11-26' };

function estimateOf(searches: number, warmUpSeconds: number | null, secondsPerSearch: number | null, warmUpSteps = 0) {
  const steps = { batchSize: 1, warmUpSteps, weightSteps: 60, architectureSteps: 20, trainingSteps: 20 };
  const basis = { trainingImages: 1, validationImages: 1, ...steps, throughput: null, price, notes: [] };
  return { searches, warmUpSeconds, secondsPerSearch, seconds: null, costUsd: null, basis } as Omit<Estimate, 'credit'>;
}

it('never adds up to more than the order may cost, and leaves next to nothing out', () => {
  const [searches, seconds] = [fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1e6, noNaN: true })];
  fc.assert(
    fc.property(searches, seconds, fc.integer({ min: 1_000_000, max: 1e12 }), (count, warmUp, most) => {
      const { warmUpMicroUsd, searchMicroUsd } = shareCost(most, estimateOf(count, warmUp, 1000));
      const together = warmUpMicroUsd + count * searchMicroUsd;
      expect(together).toBeLessThanOrEqual(most);
      expect(together).toBeGreaterThan(most - count);
    }),
  );
});

it('gives each what the estimate says, so that an order of just that lasts for all', () => {
  expect(shareCost(1_000_000, estimateOf(3, 100, 300))).toEqual({ warmUpMicroUsd: 100_000, searchMicroUsd: 300_000 });
  // Where no throughput is known, by steps: 25 of them, and 100 a search.
  const unknown = estimateOf(4, null, null, 25);
  expect(shareCost(850_000, unknown)).toEqual({ warmUpMicroUsd: 50_000, searchMicroUsd: 200_000 });
  expect(shareCost(10, estimateOf(1, 0, 5))).toEqual({ warmUpMicroUsd: 0, searchMicroUsd: 10 });
});

it('refuses what leaves nothing for each', () => {
  expect(() => shareCost(3, estimateOf(4, 0, 1))).toThrow(expect.objectContaining({ code: 'order.max-cost' }));
});
