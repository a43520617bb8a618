/**
 * @file The knapsack with further caps (parameters, a second device): each cap's cost enters the score with a price,
 * and the prices are searched for (Lagrangian relaxation; Fisher, 1981), so that every solve is the exact knapsack.
 */
import type { Path, PerCandidate } from '../../../shared/space/plan.ts';
import { bestPathWithin } from './knapsack.ts';
import { pathLogProbability } from './probabilities.ts';

/** Σ costs over the path is to be at most `limit`. */
export interface Cap {
  costs: PerCandidate;
  limit: number;
}

/** Prices grow or shrink by this factor at most when the search for them starts; the factor's root is taken each round. */
const FIRST_FACTOR = 16;
const ROUNDS = 24;
/** Lower ends tried in turn, as shares of the way from the least possible cost to the window's own; −1 admits all. */
const LOWER_ENDS = [1, 0.9, 0.75, 0.5, -1];

/**
 * The likeliest path found whose primary cost lies in [lower, upper] and whose other costs are all within their caps;
 * where none is found, the window's lower end is moved down in a few stages.
 *
 * Guaranteed: no cap and not `upper` is ever exceeded. With one cap, a path in the window under the cap is found
 * wherever one exists with a cost between lower + n·w and upper − n·w (see `bestPathWithin`), because the path of the
 * least capped cost in the window is among those tried. Not guaranteed: that Σ ln p is the highest (the relaxation
 * reaches the convex hull of the trade-off, which with 21 blocks is a fraction of one block's choice away), nor, with
 * several caps that pull in different directions, that a path is found.
 */
export function bestPathUnderCaps(
  logProbabilities: PerCandidate,
  costs: PerCandidate,
  lower: number,
  upper: number,
  caps: readonly Cap[],
): Path | undefined {
  const least = costs.reduce((sum, block) => sum + Math.min(...Array.from(block)), 0);
  if (least > upper) return undefined;
  for (const share of lower > least ? LOWER_ENDS : [1]) {
    const path = searchPrices(logProbabilities, costs, least + share * (lower - least), upper, caps);
    if (path) return path;
  }
  return undefined;
}

function searchPrices(
  logProbabilities: PerCandidate,
  costs: PerCandidate,
  lower: number,
  upper: number,
  caps: readonly Cap[],
): Path | undefined {
  let best: Path | undefined;
  let bestScore = -Infinity;
  /** solves at these prices per unit of cost; returns each cap's use, or undefined when nothing is in the window */
  const attempt = (base: PerCandidate, prices: readonly number[]): number[] | undefined => {
    const result = bestPathWithin(priced(base, caps, prices), costs, lower, upper);
    if (result.kind !== 'within') return undefined;
    const used = caps.map(({ costs: capped }) => pathLogProbability(capped, result.path));
    const score = pathLogProbability(logProbabilities, result.path);
    if (score > bestScore && used.every((use, k) => use <= caps[k]!.limit)) {
      best = result.path;
      bestScore = score;
    }
    return used;
  };

  const free = attempt(
    logProbabilities,
    caps.map(() => 0),
  );
  if (!free || best) return best;
  // Costs alone, cap by cap and all together: whatever fits at all is most likely here.
  const units = caps.map(({ costs: capped }) => 1 / spread(capped));
  const silent = logProbabilities.map((block) => new Float64Array(block.length));
  for (const k of caps.keys())
    attempt(
      silent,
      units.map((unit, j) => (j === k ? unit : 0)),
    );
  if (caps.length > 1) attempt(silent, units);

  // The price at which a cap's whole spread weighs as much as the likelihood's.
  const level = spread(logProbabilities);
  const prices = units.map((unit, k) => (free[k]! > caps[k]!.limit ? level * unit : 0));
  let factor = FIRST_FACTOR;
  for (let round = 0; round < ROUNDS; round++) {
    const used = attempt(logProbabilities, prices);
    if (!used) return best;
    for (const [k, use] of used.entries()) {
      const over = use > caps[k]!.limit;
      if (over) prices[k] = prices[k] === 0 ? (level * units[k]!) / FIRST_FACTOR : prices[k]! * factor;
      else prices[k]! /= factor;
    }
    factor = Math.max(1.02, factor ** 0.75);
  }
  return best;
}

function priced(base: PerCandidate, caps: readonly Cap[], prices: readonly number[]): Float64Array[] {
  return base.map((block, b) =>
    Float64Array.from(block, (value, i) =>
      caps.reduce((score, { costs }, k) => score - prices[k]! * costs[b]![i]!, value),
    ),
  );
}

/** Σ over blocks of highest − lowest, or 1 where nothing differs. */
function spread(values: PerCandidate): number {
  const sum = values.reduce(
    (total, block) => total + Math.max(...Array.from(block)) - Math.min(...Array.from(block)),
    0,
  );
  return sum > 0 ? sum : 1;
}
