/** @file How long to search and to train for the minutes there are: decided once, and kept in the work folder. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { mobileNetShaped } from '../../../shared/comparison/baselines.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import {
  publishedSearchSchedule,
  publishedTrainingSchedule,
  searchScheduleSchema,
  type TrainingSchedule,
  type TrainSpec,
  trainingScheduleSchema,
} from '../../../shared/contract/job-spec.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import type { Workers } from '../search-worker.ts';

export const space = findSpace('mobile-inverted-residual');
export const input = { resolution: 96, classes: 10 };

const planSchema = z.strictObject({
  /** null: the quick form */
  minutes: z.number().nullable(),
  search: searchScheduleSchema,
  /** of the network found and of its baseline alike */
  training: trainingScheduleSchema,
  /** expected of one process with one thread */
  searchSeconds: z.number(),
  trainingSeconds: z.number(),
});

export type Plan = z.infer<typeof planSchema>;

/** Shares of a seed's time: the search, and each of the two trainings. */
const shares = { search: 0.4, training: 0.3 };
/** A weight step and an architecture step for each of half the images, against a weight step for all of them. */
const searchOverTraining = 1.1;
/** Of a search's epochs, those on random paths. */
const warmupShare = 0.35;

const batchSize = 32;
const search = { ...publishedSearchSchedule, batchSize, weightStepsPerArchitectureStep: 1 };
const training: TrainingSchedule = { ...publishedTrainingSchedule, batchSize };
/** A small set of images is seen often: what keeps a network from learning it by heart pays, once there is time for it. */
const longTraining: Partial<TrainingSchedule> = {
  ...{ warmupEpochs: 3, dropout: 0.1, averageDecay: 0.998 },
  randAugment: { operations: 2, magnitude: 0.4 },
};
const longEpochs = 20;

/**
 * The plan that the work folder holds, or a new one.
 * @param asked minutes of a seed on all cores; null: as little as shows that all of it runs
 * @throws Error where the folder holds another plan
 */
export async function keptPlan(
  work: string,
  { minutes, data }: { minutes: number | null; data: string },
  workers: Workers,
): Promise<Plan> {
  const file = join(work, 'plan.json');
  if (existsSync(file)) {
    const plan = planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (plan.minutes === minutes) return plan;
    const other = plan.minutes === null ? '--quick' : `--minutes-per-seed ${plan.minutes}`;
    throw new Error(`${work} holds a run with ${other}: choose another --work, or go on with that`);
  }
  const plan = minutes === null ? shortest : planFor(minutes, await epochSeconds(data, workers));
  writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`);
  return plan;
}

const shortest: Plan = {
  minutes: null,
  search: { ...search, warmupEpochs: 1, searchEpochs: 1 },
  training: { ...training, epochs: 1 },
  searchSeconds: 60,
  trainingSeconds: 30,
};

/** @param epoch seconds of a training epoch in one process */
export function planFor(minutes: number, epoch: number): Plan {
  const seconds = minutes * 60 * availableParallelism();
  const searchEpochs = Math.max(2, Math.floor((shares.search * seconds) / (searchOverTraining * epoch)));
  const warmupEpochs = Math.round(warmupShare * searchEpochs);
  const epochs = Math.max(1, Math.floor((shares.training * seconds) / epoch));
  return {
    minutes,
    search: { ...search, warmupEpochs, searchEpochs: searchEpochs - warmupEpochs },
    training: { ...training, epochs, ...(epochs >= longEpochs ? longTraining : {}) },
    searchSeconds: shares.search * seconds,
    trainingSeconds: shares.training * seconds,
  };
}

/** Of MobileNetV2 in one process while another one runs on each other core, as in the run itself. */
async function epochSeconds(data: string, workers: Workers): Promise<number> {
  const architecture = mobileNetShaped(space, input, 1);
  const epochs = 2;
  const runs = Array.from({ length: availableParallelism() }, (_, seed) =>
    workers.run(`timing ${seed + 1}`, trainSpec(data, architecture, seed, { ...training, epochs })),
  );
  const times = (await Promise.all(runs)).map(({ seconds }) => seconds / epochs);
  return Math.max(...times);
}

export function trainSpec(
  data: string,
  architecture: Architecture,
  seed: number,
  schedule: TrainingSchedule,
): TrainSpec {
  return {
    ...{ format: 'fastpath.train-spec/1', data: { uri: data }, architecture, seed },
    ...{ training: schedule, initialWeights: null },
  };
}
