/** @file What a trained supernet becomes: the path within the budgets, and the Pareto set of other budgets. */
import { FastpathError } from '../../shared/errors.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import type { Path } from '../../shared/space/plan.ts';
import type { ConvNet } from '../network/conv-net.ts';
import { copyWeights, networkOf } from '../network/from-architecture.ts';
import type { JobContext } from '../run/context.ts';
import type { Trainable } from '../run/saved-state.ts';
import { type ParetoEntry, paretoSet } from '../supernet/formulas/pareto.ts';
import { argmaxPath, logSoftmax, pathLogProbability } from '../supernet/formulas/probabilities.ts';
import { type HardBudget, pruneToBudget } from '../supernet/formulas/prune.ts';
import type { Supernet } from '../supernet/supernet.ts';
import { evaluate, recalibrate } from '../train/evaluate.ts';
import type { SearchImages } from '../train/images.ts';
import type { DeviceConstraint, SearchSetup } from './setup.ts';
import type { SearchOutcome } from './state.ts';

/** The path that the search decided on: the most probable one that keeps all budgets, or plainly the most probable. */
export function choosePath(
  { plan, devices, caps }: SearchSetup,
  logits: readonly Float64Array[],
  hard: boolean,
): { path: Path; blocksDifferingFromArgmax: number } {
  const likeliest = argmaxPath(logits);
  if (!hard && caps.length === 0) return { path: likeliest, blocksDifferingFromArgmax: 0 };
  const budgets: HardBudget[] = [...(hard ? devices.map((device) => latencyBudget(plan, device)) : []), ...caps];
  const pruned = pruneToBudget(logits, budgets);
  if (pruned.kind === 'none') {
    const ranges = budgets.map(({ cost, budget }, k) => {
      const { lowest, highest } = pruned.ranges[k]!;
      return `${cost.name} ${lowest.toPrecision(4)} to ${highest.toPrecision(4)} ${cost.unit} (limit ${budget.toPrecision(4)})`;
    });
    throw new FastpathError(
      'budget.unreachable',
      `no path keeps all limits together; the space holds ${ranges.join(', ')}: loosen one`,
    );
  }
  return { path: pruned.path, blocksDifferingFromArgmax: pruned.changedBlocks.length };
}

function latencyBudget(plan: SearchSetup['plan'], { cost, model, budgetMs }: DeviceConstraint): HardBudget {
  return {
    cost,
    budget: budgetMs * 1000,
    predictWhole: (path) => model.predict(pathToArchitecture(plan, path)).latencyUs,
  };
}

/**
 * The chosen path and about ten for other budgets on the primary device, by latency, each scored with the supernet's
 * weights after its own recalibration; not scored where there is no time left for that.
 * @throws Stopped
 */
export async function scoredPareto(
  supernet: Supernet,
  { plan, devices }: SearchSetup,
  logits: readonly Float64Array[],
  chosen: Path,
  images: SearchImages,
  { stop, limit }: Pick<JobContext, 'stop' | 'limit'>,
  scored: boolean,
): Promise<SearchOutcome['pareto']> {
  const { model, cost, budgetMs } = devices[0]!;
  const predictWhole = (path: Path) => model.predict(pathToArchitecture(plan, path)).latencyUs;
  const entries = paretoSet(logits, cost, { predictWhole });
  if (!entries.some(({ path }) => path.join() === chosen.join())) {
    const logProbability = pathLogProbability(logits.map(logSoftmax), chosen);
    entries.push({ budget: budgetMs * 1000, path: chosen, cost: predictWhole(chosen), logProbability });
  }
  const points: SearchOutcome['pareto'] = [];
  let secondsEach = 0;
  for (const entry of entries.sort((a, b) => a.cost - b.cost)) {
    // There must be time for this one and for the one that becomes the result.
    if (!scored || limit.isReached(2 * secondsEach)) {
      points.push(paretoPoint(entry, null));
      continue;
    }
    const begun = performance.now();
    const network = await prunedNetwork(supernet, entry.path, images, { stop, limit });
    const { top1 } = await evaluate(network, images.validationScore, 'validation', stop, limit);
    secondsEach = (performance.now() - begun) / 1000;
    disposeNetwork(network);
    points.push(paretoPoint(entry, top1));
  }
  return points;
}

/** A path as a plain network of its own: the supernet's weights, batch-norm statistics recalibrated. @throws Stopped */
export async function prunedNetwork(
  supernet: Supernet,
  path: Path,
  images: Pick<SearchImages, 'recalibration'>,
  { stop, limit }: Pick<JobContext, 'stop' | 'limit'>,
): Promise<ConvNet> {
  const network = networkOf(pathToArchitecture(supernet.plan, path), { seed: 0 });
  copyWeights(supernet.network(path), network);
  await recalibrate(network, images.recalibration, stop, limit);
  return network;
}

export function disposeNetwork(network: Trainable): void {
  for (const variable of [...network.parameters, ...network.statistics]) variable.dispose();
}

function paretoPoint(
  { budget, cost, logProbability, path }: ParetoEntry,
  top1: number | null,
): SearchOutcome['pareto'][number] {
  return { budgetMs: budget / 1000, latencyMs: cost / 1000, logProbability, path: [...path], supernetTop1: top1 };
}
