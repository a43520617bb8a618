/**
 * @file Pruning the supernet to one path under one or several hard budgets: the likeliest path that the knapsack finds,
 * re-checked with the full model of each budget, which need not be additive.
 */
import { FastpathError } from '../../../shared/errors.ts';
import { type AdditiveCost, pathCost } from '../../../shared/latency/cost-table.ts';
import type { Path, PerCandidate } from '../../../shared/space/plan.ts';
import { bestPathUnderCaps, type Cap } from './caps.ts';
import { cheapestPath, costRange } from './cost-range.ts';
import { fillBudget } from './fill.ts';
import { bestPathWithin } from './knapsack.ts';
import { argmaxPath, logSoftmax, pathLogProbability } from './probabilities.ts';

/** A path within a budget is to use at least this share of it, so that the budget's accuracy is not given away. */
const LEAST_USE = 0.95;
/** Re-checks with the full model before the best path seen so far is kept. */
const MOST_ATTEMPTS = 40;

/** A hard budget on a path's cost, in the cost's unit. */
export interface HardBudget {
  cost: AdditiveCost;
  budget: number;
  /** the full model's mean for the whole network, in the same unit; without it the additive cost is the truth */
  predictWhole?: (path: Path) => number;
}

export type PruneResult =
  | {
      /** `within`: between 95 and 100 % of the first budget. `under`: no such path was found; the nearest one under */
      kind: 'within' | 'under';
      path: Path;
      logProbability: number;
      /** whole-network prediction per budget, each at most its budget */
      predicted: number[];
      /** choice blocks whose candidate is not the most probable one */
      changedBlocks: number[];
    }
  /** nothing fits; the additive range of each budget's cost */
  | { kind: 'none'; ranges: { lowest: number; highest: number }[] };

/**
 * The path of highest Σ ln p within the budgets. The first budget is used to 95 % at least where possible; the others
 * are caps.
 *
 * Guaranteed: no prediction of the returned path is over its budget. With one budget and no `predictWhole`, all that
 * `bestPathWithin` guarantees; for caps see `bestPathUnderCaps`. A `predictWhole` is a black box: what it leaves
 * unused is filled up by exchanging single candidates, without a guarantee that 95 % are reached.
 *
 * @throws FastpathError `budget.invalid` without any budget, or with one that is not above 0
 */
export function pruneToBudget(logits: PerCandidate, budgets: readonly HardBudget[]): PruneResult {
  const primary = budgets[0];
  const invalid = budgets.find(({ budget }) => !(budget > 0));
  if (!primary || invalid) {
    throw new FastpathError(
      'budget.invalid',
      invalid
        ? `a budget of ${invalid.budget} ${invalid.cost.unit} for ${invalid.cost.name} holds nothing: give one above 0`
        : 'pruning needs at least one budget: give a cost and its budget',
    );
  }
  const use = (path: Path): number | undefined =>
    budgets.every((budget) => wholeCost(budget, path) <= budget.budget)
      ? wholeCost(primary, path) / primary.budget
      : undefined;
  const logProbabilities = logits.map(logSoftmax);
  const fitting = fittingPath(logProbabilities, primary, budgets, use);
  if (!fitting) return { kind: 'none', ranges: budgets.map(({ cost }) => costRange(cost)) };
  const path = fillBudget(logProbabilities, fitting, LEAST_USE, use);
  const likeliest = argmaxPath(logits);
  return {
    kind: use(path)! >= LEAST_USE ? 'within' : 'under',
    path,
    logProbability: pathLogProbability(logProbabilities, path),
    predicted: budgets.map((budget) => wholeCost(budget, path)),
    changedBlocks: path.flatMap((i, k) => (i === likeliest[k] ? [] : [k])),
  };
}

/**
 * Solves the knapsack for additive budgets that shrink in the ratio by which a whole-network prediction is over, and
 * grow while the first one is under 95 %; the path that fits and uses most, or the cheapest one if only that fits.
 */
function fittingPath(
  logProbabilities: PerCandidate,
  primary: HardBudget,
  budgets: readonly HardBudget[],
  use: (path: Path) => number | undefined,
): Path | undefined {
  const additive = budgets.map(({ budget }) => budget);
  const floors = budgets.map(({ cost }) => costRange(cost).lowest);
  /** the least additive budget seen at which the first prediction was over */
  let tooMuch = Infinity;
  let kept: Path | undefined;
  let keptUse = -Infinity;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const path = solve(logProbabilities, budgets, additive);
    if (!path) break;
    const used = use(path);
    if (used === undefined) {
      const over = budgets.flatMap((budget, k) => (wholeCost(budget, path) <= budget.budget ? [] : [k]));
      if (over.every((k) => pathCost(budgets[k]!.cost, path) <= floors[k]!)) break;
      for (const k of over) {
        const { cost, budget } = budgets[k]!;
        if (k === 0) tooMuch = Math.min(tooMuch, additive[0]!);
        // Strictly under this path's own cost, so that it cannot come back, but not past the cheapest path.
        const ratio = budget / wholeCost(budgets[k]!, path);
        additive[k] = Math.max(floors[k]!, Math.min(additive[k]! * ratio, pathCost(cost, path) * (1 - 1e-9)));
      }
      continue;
    }
    if (used > keptUse) [kept, keptUse] = [path, used];
    if (used >= LEAST_USE || !primary.predictWhole) break;
    const grown = Math.min(additive[0]! / used, (additive[0]! + tooMuch) / 2);
    if (!(grown > additive[0]! * (1 + 1e-3))) break;
    additive[0] = grown;
  }
  if (kept) return kept;
  const cheapest = cheapestPath(primary.cost);
  return use(cheapest) === undefined ? undefined : cheapest;
}

/** What the budget is held against: the full model's prediction, or the additive cost. */
export function wholeCost({ cost, predictWhole }: HardBudget, path: Path): number {
  return predictWhole ? predictWhole(path) : pathCost(cost, path);
}

function solve(
  logProbabilities: PerCandidate,
  budgets: readonly HardBudget[],
  additive: readonly number[],
): Path | undefined {
  const [{ cost }, ...others] = budgets as [HardBudget, ...HardBudget[]];
  const upper = additive[0]! - cost.fixed;
  const lower = LEAST_USE * additive[0]! - cost.fixed;
  if (others.length === 0) {
    const result = bestPathWithin(logProbabilities, cost.blocks, lower, upper);
    return result.kind === 'none' ? undefined : result.path;
  }
  const caps: Cap[] = others.map((other, k) => ({
    costs: other.cost.blocks,
    limit: additive[k + 1]! - other.cost.fixed,
  }));
  return bestPathUnderCaps(logProbabilities, cost.blocks, lower, upper, caps);
}
