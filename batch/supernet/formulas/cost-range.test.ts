import { expect, test } from 'vitest';
import type { AdditiveCost } from '../../../shared/latency/cost-table.ts';
import { cheapestPath, costRange, dearestPath } from './cost-range.ts';

test('cheapest and dearest path and the range', () => {
  const blocks = [
    [0, 6, 12],
    [5, 4],
  ];
  const cost: AdditiveCost = { name: 'latency', unit: 'us', fixed: 3, blocks };
  expect(cheapestPath(cost)).toEqual([0, 1]);
  expect(dearestPath(cost)).toEqual([2, 0]);
  expect(costRange(cost)).toEqual({ lowest: 7, highest: 20 });
});
