/** @file The comparisons: for each budget and seed one search, and random architectures of the same budget. */

import { architectureId } from '../../shared/architecture/identity.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { SearchSpec, TrainSpec } from '../../shared/contract/job-spec.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { costTable, pathCost } from '../../shared/latency/cost-table.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { quantile } from '../../shared/latency/statistics.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture, uniformPath } from '../../shared/space/path.ts';
import type { Form } from './search-forms.ts';
import type { JobResult, Workers } from './search-worker.ts';

const space = findSpace('cifar');
const plan = planSupernet(space, { resolution: space.resolution, classes: 10 });
/**
 * In the browser large kernels are dear: paths of one latency differ by half in multiply-adds, so it matters what the
 * time is spent on. On ONNX Runtime latency nearly is multiply-adds, and paths of one latency are much alike.
 */
const hardware = 'amd-epyc-zen5-chromium-wasm-1t';
const model = builtInModels.find((built) => built.hardware.id === hardware)!;
export const latencyModel = new FittedLatencyModel(model);
const cost = costTable(plan, latencyModel);

/** A random architecture takes at least this share of the budget. */
const leastShare = 0.9;
/** Paths drawn to learn how latencies are spread, and before the window counts as empty. */
const draws = 20_000;

/** One architecture, trained from scratch. */
export interface Trained {
  architecture: Architecture;
  /** share of test images classified right */
  top1: number;
  seconds: number;
}

/** One budget and seed: what the search found there, and what chance gives. */
export interface Cell {
  budgetMs: number;
  seed: number;
  search: JobResult;
  found: Trained;
  random: Trained[];
}

/** The form's budgets in milliseconds, to two digits. */
export function budgetsMs({ budgetQuantiles }: Form): number[] {
  const random = Random.named(0, 'latencies');
  const latencies = Array.from({ length: draws }, () => pathCost(cost, uniformPath(plan, random)));
  return budgetQuantiles.map((share) => Number((quantile(latencies, share) / 1000).toPrecision(2)));
}

/** Distinct architectures, uniform over the paths whose predicted latency is 90 to 100 % of the budget. */
export function randomArchitectures(budgetMs: number, count: number, seed: number): Architecture[] {
  const random = Random.named(seed, `random architectures/${budgetMs}`);
  const found = new Map<string, Architecture>();
  for (let draw = 0; found.size < count; draw++) {
    if (draw >= count * draws) throw new Error(`fewer than ${count} architectures take about ${budgetMs} ms`);
    const path = uniformPath(plan, random);
    const share = pathCost(cost, path) / (budgetMs * 1000);
    if (share < leastShare || share > 1) continue;
    const architecture = pathToArchitecture(plan, path);
    found.set(architectureId(architecture), architecture);
  }
  return [...found.values()];
}

/** Runs all searches and trainings of the form. @param data folder of shards */
export async function runCells(form: Form, data: string, workers: Workers): Promise<Cell[]> {
  const cells = budgetsMs(form).flatMap((budgetMs) => form.seeds.map((seed) => ({ budgetMs, seed })));
  const train = async (name: string, architecture: Architecture, seed: number): Promise<Trained> => {
    const { metrics, seconds } = await workers.run(name, trainSpec(form, data, architecture, seed));
    return { architecture, top1: metrics.evaluation.top1, seconds };
  };
  // Searches are queued first: a training waits for each.
  const searches = cells.map(async ({ budgetMs, seed }) => {
    const where = `${budgetMs} ms, seed ${seed}`;
    const search = await workers.run(`search for ${where}`, searchSpec(form, data, budgetMs, seed));
    return { search, found: await train(`the one found for ${where}`, search.architecture, seed) };
  });
  const random = cells.map(({ budgetMs, seed }) =>
    Promise.all(
      randomArchitectures(budgetMs, form.randomArchitectures, seed).map((architecture, i) =>
        train(`random ${i + 1} of ${budgetMs} ms, seed ${seed}`, architecture, seed),
      ),
    ),
  );
  // When one fails the others are stopped; they save before this returns.
  await Promise.allSettled([...searches, ...random]);
  const [found, others] = await Promise.all([Promise.all(searches), Promise.all(random)]);
  return cells.map((cell, i) => ({ ...cell, ...found[i]!, random: others[i]! }));
}

function searchSpec(form: Form, data: string, budgetMs: number, seed: number): SearchSpec {
  return {
    format: 'fastpath.search-spec/1',
    data: { uri: data },
    space,
    widthMultiplier: 1,
    resolution: space.resolution,
    seed,
    method: 'gradient',
    latencyLoss: 'target',
    constraints: [{ model, budgetMs }],
    maxParameters: null,
    maxMacs: null,
    maxPeakActivationBytes: null,
    exclude: [],
    schedule: form.search,
    training: null,
  };
}

function trainSpec(form: Form, data: string, architecture: Architecture, seed: number): TrainSpec {
  return {
    format: 'fastpath.train-spec/1',
    data: { uri: data },
    architecture,
    seed,
    training: form.training,
    initialWeights: null,
  };
}
