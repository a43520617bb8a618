/**
 * @file Pruning under a hard budget as a multiple-choice knapsack: of all paths whose cost lies in a window, the one of
 * highest Σ ln p, by dynamic programming over binned costs (Kellerer, Pferschy, Pisinger, "Knapsack Problems", ch. 11).
 * Costs are counted above the block's cheapest candidate, which loses nothing and makes the bins finer.
 */
import { FastpathError } from '../../../shared/errors.ts';
import type { Path, PerCandidate } from '../../../shared/space/plan.ts';
import { extremePaths } from './knapsack-extremes.ts';
import { argmaxPath, pathLogProbability } from './probabilities.ts';

export type KnapsackResult =
  /** the path's cost lies in the window */
  | { kind: 'within'; path: Path; logProbability: number; cost: number }
  /** no path lies in the window: this one has the highest cost under it */
  | { kind: 'nearest'; path: Path; logProbability: number; cost: number }
  /** every path costs more than the window's upper end: the possible range */
  | { kind: 'none'; lowest: number; highest: number };

/** What both dynamic programmes work on: cost of each candidate above its block's cheapest, and bins of `width`. */
export interface BinnedProblem {
  logProbabilities: PerCandidate;
  excess: readonly Float64Array[];
  width: number;
  bins: number;
}

/**
 * The path of highest Σ ln p with lower ≤ Σ cost ≤ upper.
 *
 * Guaranteed, with n blocks and w = upper / bins at most: the path's exact cost is never over `upper`; a path in the
 * window is found wherever one exists; its Σ ln p is at least that of every path whose cost lies between lower + n·w
 * and upper − n·w (n·w is 0.5 % of the budget for 21 blocks and 4,000 bins), and the most probable path of the whole
 * space is returned whenever it lies in the window. Where none lies there, `nearest` has exactly the highest possible
 * cost under the window. All of this up to floating-point rounding of the sums (1e-12).
 *
 * @param logProbabilities ln p, finite, [block][candidate]
 * @param costs of the same shape, finite; the caller subtracts any fixed part from the bounds
 * @param bins more are used where the window is too narrow for the guarantee
 * @throws FastpathError `knapsack.window` unless lower < upper
 */
export function bestPathWithin(
  logProbabilities: PerCandidate,
  costs: PerCandidate,
  lower: number,
  upper: number,
  bins = 4000,
): KnapsackResult {
  if (!(lower < upper)) {
    throw new FastpathError('knapsack.window', `no cost lies between ${lower} and ${upper}: give a wider window`);
  }
  const cheapest = argmaxPath(costs.map((block) => Array.from(block, (cost) => -cost)));
  const dearest = argmaxPath(costs);
  const lowest = sumAlong(costs, cheapest);
  if (lowest > upper) return { kind: 'none', lowest, highest: sumAlong(costs, dearest) };

  const asResult = (kind: 'within' | 'nearest', path: Path): KnapsackResult => ({
    kind,
    path,
    logProbability: pathLogProbability(logProbabilities, path),
    cost: sumAlong(costs, path),
  });
  const inWindow = (path: Path): boolean => {
    const cost = sumAlong(costs, path);
    return cost >= lower && cost <= upper;
  };

  const likeliest = argmaxPath(logProbabilities);
  if (inWindow(likeliest)) return asResult('within', likeliest);

  const excess = costs.map((block, k) => Float64Array.from(block, (cost) => cost - block[cheapest[k]!]!));
  const room = upper - lowest;
  // Two roundings by at most n bins must fit into the window; see `extremePaths`.
  const enough = Math.max(bins, Math.ceil((2 * costs.length * room) / (upper - lower)));
  const problem = { logProbabilities, excess, width: room > 0 ? room / enough : 1, bins: room > 0 ? enough : 0 };
  const best = likeliestRoundedUp(problem, lower - lowest, inWindow);
  if (best) return asResult('within', best);

  const candidates = [cheapest, ...extremePaths(problem)].filter((path) => sumAlong(costs, path) <= upper);
  const within = candidates.filter(inWindow);
  if (within.length > 0)
    return asResult(
      'within',
      highest(within, (path) => pathLogProbability(logProbabilities, path)),
    );
  return asResult(
    'nearest',
    highest(candidates, (path) => sumAlong(costs, path)),
  );
}

/**
 * The knapsack itself: each candidate's excess is rounded up to whole bins, so that a path within `bins` bins is within
 * the room. Returns the likeliest of the per-bin winners that `accepts` takes.
 */
function likeliestRoundedUp(
  { logProbabilities, excess, width, bins }: BinnedProblem,
  lower: number,
  accepts: (path: Path) => boolean,
): Path | undefined {
  const size = bins + 1;
  let best = new Float64Array(size).fill(-Infinity);
  best[0] = 0;
  const choices: Uint16Array[] = [];
  const rounded = excess.map((block) => Array.from(block, (cost) => Math.ceil(cost / width)));
  for (const [k, shifts] of rounded.entries()) {
    const next = new Float64Array(size).fill(-Infinity);
    const choice = new Uint16Array(size);
    for (const [i, shift] of shifts.entries()) {
      const logP = logProbabilities[k]![i]!;
      for (let bin = shift; bin < size; bin++) {
        const value = best[bin - shift]! + logP;
        if (value > next[bin]!) {
          next[bin] = value;
          choice[bin] = i;
        }
      }
    }
    best = next;
    choices.push(choice);
  }

  let winner: Path | undefined;
  let winning = -Infinity;
  for (let end = Math.max(0, Math.floor(lower / width)); end < size; end++) {
    if (best[end]! <= winning) continue;
    const path: number[] = [];
    let bin = end;
    for (let k = rounded.length - 1; k >= 0; k--) {
      const i = choices[k]![bin]!;
      path[k] = i;
      bin -= rounded[k]![i]!;
    }
    if (accepts(path)) {
      winner = path;
      winning = best[end]!;
    }
  }
  return winner;
}

function sumAlong(costs: PerCandidate, path: Path): number {
  let sum = 0;
  for (const [k, i] of path.entries()) sum += costs[k]![i]!;
  return sum;
}

function highest(paths: readonly Path[], score: (path: Path) => number): Path {
  return paths.reduce((best, path) => (score(path) > score(best) ? path : best));
}
