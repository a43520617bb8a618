/** @file From the flags of `fastpath search` to a spec, with all that can be wrong without looking at an image. */
import { type SearchSpec, searchSpecSchema } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { excludeCandidates } from '../../shared/space/restrict.ts';
import { dataUri } from './data-location.ts';
import { openRegistry } from './hardware-registry.ts';
import { readSpace } from './input-file.ts';
import { checkBudget, checkCaps } from './reach.ts';
import { defaultSearchSchedule, defaultTrainingSchedule } from './schedules.ts';

export interface SearchFlags {
  data: string;
  hardware: string[];
  budgetMs: number[];
  space: string;
  resolution?: number;
  width: number;
  seed: number;
  method: SearchSpec['method'];
  latencyLoss: SearchSpec['latencyLoss'];
  epochs?: number;
  warmupEpochs?: number;
  batch?: number;
  logitLearningRate?: number;
  train?: boolean;
  trainEpochs?: number;
  maxParams?: number;
  maxMacs?: number;
  /** 1 MB is 10⁶ bytes */
  maxPeakMb?: number;
  exclude?: string[];
}

/** Class counts are the worker's to find; what the checks here say holds for every count from this one up. */
const fewestClasses = 2;

/**
 * The spec of the search that `flags` ask for.
 * @throws FastpathError with the line to show
 */
export async function searchSpec(flags: SearchFlags): Promise<SearchSpec> {
  checkPairs(flags);
  if (flags.trainEpochs !== undefined && flags.train !== true) {
    throw new FastpathError('flags.train', '--train-epochs says how long to train: give --train too');
  }
  const space = await readSpace(flags.space);
  const resolution = flags.resolution ?? space.resolution;
  const exclude = [...new Set(flags.exclude ?? [])].sort();
  const maxPeakActivationBytes = flags.maxPeakMb === undefined ? null : Math.floor(flags.maxPeakMb * 1e6);
  const plan = excludeCandidates(
    planSupernet(space, { resolution, classes: fewestClasses, widthMultiplier: flags.width }),
    { ops: exclude, ...(maxPeakActivationBytes === null ? {} : { maxPeakActivationBytes }) },
  );
  const registry = openRegistry();
  const models = await Promise.all(flags.hardware.map((id) => registry.findModel(id)));
  const constraints = models.map((model, i) => ({ model, budgetMs: flags.budgetMs[i]! }));
  for (const { model, budgetMs } of constraints) checkBudget(plan, new FittedLatencyModel(model), budgetMs);
  checkCaps(plan, { maxParameters: flags.maxParams ?? null, maxMacs: flags.maxMacs ?? null });

  const schedule = defaultSearchSchedule(space.name, resolution);
  const training = defaultTrainingSchedule(space.name, resolution);
  return searchSpecSchema.parse({
    format: 'fastpath.search-spec/1',
    data: { uri: await dataUri(flags.data) },
    space,
    widthMultiplier: flags.width,
    resolution,
    seed: flags.seed,
    method: flags.method,
    latencyLoss: flags.latencyLoss,
    constraints,
    maxParameters: flags.maxParams ?? null,
    maxMacs: flags.maxMacs ?? null,
    maxPeakActivationBytes,
    exclude,
    schedule: {
      ...schedule,
      batchSize: flags.batch ?? schedule.batchSize,
      warmupEpochs: flags.warmupEpochs ?? schedule.warmupEpochs,
      searchEpochs: flags.epochs ?? schedule.searchEpochs,
      logitLearningRate: flags.logitLearningRate ?? schedule.logitLearningRate,
    },
    training:
      flags.train === true
        ? {
            ...training,
            epochs: flags.trainEpochs ?? training.epochs,
            batchSize: flags.batch ?? training.batchSize,
          }
        : null,
  } satisfies SearchSpec);
}

function checkPairs({ hardware, budgetMs }: SearchFlags): void {
  if (hardware.length !== budgetMs.length) {
    const message = `${hardware.length} --hardware and ${budgetMs.length} --budget-ms: give one budget for each, in the same order`;
    throw new FastpathError('flags.pairs', message);
  }
  const twice = hardware.find((id, i) => hardware.indexOf(id) !== i);
  if (twice !== undefined) throw new FastpathError('flags.pairs', `--hardware ${twice} is given twice: give it once`);
}
