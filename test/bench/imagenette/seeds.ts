/** @file The stages: all searches, then each one's baseline by the clock while nothing else runs, then all trainings. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mobileNetShaped } from '../../../shared/comparison/baselines.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { SearchSpec } from '../../../shared/contract/job-spec.ts';
import { findLatencyModel } from '../../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import type { JobResult, Workers } from '../search-worker.ts';
import { type Baseline, baselineSchema, chooseBaseline } from './baseline.ts';
import { input, type Plan, space, trainSpec } from './plan.ts';
import { TimeLeft } from './time-left.ts';

/** Timed at the sizes that 96 pixels make. */
const model = findLatencyModel('amd-epyc-zen5-ort-1t');
export const latencyModel = new FittedLatencyModel(model);
/** What MobileNetV2 takes there by prediction, to two digits. */
export const budgetMs = Number(
  (latencyModel.predict(mobileNetShaped(space, input, 1)).latencyUs / 1000).toPrecision(2),
);

/** One seed's networks. */
export interface Pair {
  seed: number;
  search: JobResult;
  chosen: Baseline;
  found: JobResult;
  baseline: JobResult;
}

interface Run {
  seeds: number;
  data: string;
  /** keeps what each seed was given as its baseline */
  work: string;
}

/** @throws Error with the worker's own line where a job failed */
export async function runSeeds(plan: Plan, { seeds, data, work }: Run, workers: Workers): Promise<Pair[]> {
  const { searchSeconds, trainingSeconds } = plan;
  const left = new TimeLeft(seeds * (searchSeconds + 2 * trainingSeconds));
  const numbers = Array.from({ length: seeds }, (_, i) => i + 1);
  try {
    const searched = await all(
      numbers.map(async (seed) => {
        const search = workers.run(`search, seed ${seed}`, searchSpec(plan, data, seed));
        return { seed, search: await left.without(searchSeconds, search) };
      }),
    );
    const compared: Pick<Pair, 'seed' | 'search' | 'chosen'>[] = [];
    for (const each of searched) {
      const chosen = await keptBaseline(join(work, `seed-${each.seed}.json`), each.search.architecture);
      compared.push({ ...each, chosen });
    }
    const train = (what: string, architecture: Architecture, seed: number) => {
      const job = workers.run(`${what}, seed ${seed}`, trainSpec(data, architecture, seed, plan.training));
      return left.without(trainingSeconds, job);
    };
    return await all(
      compared.map(async (each) => {
        const [found, baseline] = await all([
          train('training the one found', each.search.architecture, each.seed),
          train('training the baseline', each.chosen.architecture, each.seed),
        ]);
        return { ...each, found: found!, baseline: baseline! };
      }),
    );
  } finally {
    left.close();
  }
}

/** When one fails the others are stopped; they save before this throws. */
async function all<T>(jobs: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(jobs);
  return Promise.all(jobs);
}

/** Once chosen it stays: the clock would choose another one now and then. */
async function keptBaseline(file: string, found: Architecture): Promise<Baseline> {
  if (existsSync(file)) return baselineSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const chosen = await chooseBaseline(found);
  writeFileSync(file, `${JSON.stringify(chosen, null, 2)}\n`);
  return chosen;
}

function searchSpec(plan: Plan, data: string, seed: number): SearchSpec {
  return {
    ...{ format: 'fastpath.search-spec/1', data: { uri: data }, space, widthMultiplier: 1, seed },
    ...{ resolution: input.resolution, method: 'gradient', latencyLoss: 'target', constraints: [{ model, budgetMs }] },
    ...{ maxParameters: null, maxMacs: null, maxPeakActivationBytes: null, exclude: [] },
    ...{ schedule: plan.search, training: null },
  };
}
