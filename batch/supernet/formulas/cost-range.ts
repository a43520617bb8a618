/** @file The least and the most that an additive cost can be over all paths. */
import { type AdditiveCost, pathCost } from '../../../shared/latency/cost-table.ts';
import type { Path } from '../../../shared/space/plan.ts';
import { argmaxPath } from './probabilities.ts';

/** The path of the lowest possible cost. */
export function cheapestPath(cost: AdditiveCost): Path {
  return argmaxPath(cost.blocks.map((block) => block.map((t) => -t)));
}

/** The path of the highest possible cost. */
export function dearestPath(cost: AdditiveCost): Path {
  return argmaxPath(cost.blocks);
}

/** The lowest and the highest cost that any path of the space has. */
export function costRange(cost: AdditiveCost): { lowest: number; highest: number } {
  return { lowest: pathCost(cost, cheapestPath(cost)), highest: pathCost(cost, dearestPath(cost)) };
}
