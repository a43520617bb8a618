/** @file From what is asked of a search to its spec, with all that can be wrong without looking at an image. */
import type { ExportFormat } from '../../../shared/contract/export-format.ts';
import { type SearchSpec, searchSpecSchema } from '../../../shared/contract/job-spec.ts';
import type { LatencyModelData } from '../../../shared/contract/latency-model.ts';
import type { SearchSpace } from '../../../shared/contract/space.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { excludeCandidates } from '../../../shared/space/restrict.ts';
import { checkBudget, checkCaps } from './reach.ts';
import { defaultSearchSchedule, defaultTrainingSchedule } from './schedules.ts';

/** What is absent follows from the space and the resolution. */
export interface SearchForm {
  data: SearchSpec['data'];
  space: SearchSpace;
  constraints: { model: LatencyModelData; budgetMs: number }[];
  resolution: number | undefined;
  widthMultiplier: number | undefined;
  exclude: readonly string[] | undefined;
  maxParameters: number | undefined;
  maxMacs: number | undefined;
  maxPeakActivationBytes: number | undefined;
  method: SearchSpec['method'] | undefined;
  latencyLoss: SearchSpec['latencyLoss'] | undefined;
  seed: number | undefined;
  schedule: {
    batchSize?: number | undefined;
    warmupEpochs?: number | undefined;
    searchEpochs?: number | undefined;
    logitLearningRate?: number | null | undefined;
  };
  /** absent: the result keeps the supernet's weights */
  training:
    | { epochs?: number | undefined; batchSize?: number | undefined; learningRate?: number | undefined }
    | undefined;
  /** an earlier supernet's weights */
  warmStart: NonNullable<SearchSpec['warmStart']> | undefined;
  /** formats to deliver the network in, beside its weights */
  exports: readonly ExportFormat[] | undefined;
  /** what an hour of the machine is charged */
  pricePerHourUsd: number | undefined;
}

/** Class counts are the worker's to find; what the checks here say holds for every count from this one up. */
const fewestClasses = 2;

/**
 * @throws FastpathError with the line to show: `space.…`, `exclude.…`, `budget.too-low`, `budget.too-high`,
 * `caps.too-low`, `latency.unknown-block`
 */
export function buildSearchSpec(form: SearchForm): SearchSpec {
  const { space, constraints, training, maxParameters = null, maxMacs = null, maxPeakActivationBytes = null } = form;
  const resolution = form.resolution ?? space.resolution;
  const widthMultiplier = form.widthMultiplier ?? 1;
  const exclude = [...new Set(form.exclude ?? [])].sort();
  const plan = excludeCandidates(planSupernet(space, { resolution, classes: fewestClasses, widthMultiplier }), {
    ops: exclude,
    ...(maxPeakActivationBytes === null ? {} : { maxPeakActivationBytes }),
  });
  for (const { model, budgetMs } of constraints) checkBudget(plan, new FittedLatencyModel(model), budgetMs);
  checkCaps(plan, { maxParameters, maxMacs });
  return searchSpecSchema.parse({
    format: 'fastpath.search-spec/1',
    data: form.data,
    space,
    widthMultiplier,
    resolution,
    seed: form.seed ?? 0,
    method: form.method ?? 'gradient',
    latencyLoss: form.latencyLoss ?? 'target',
    constraints,
    maxParameters,
    maxMacs,
    maxPeakActivationBytes,
    exclude,
    schedule: withDefaults(form.schedule, defaultSearchSchedule(space.name, resolution)),
    training:
      training === undefined
        ? null
        : withDefaults(
            { ...training, batchSize: training.batchSize ?? form.schedule.batchSize },
            defaultTrainingSchedule(space.name, resolution),
          ),
    ...(form.warmStart === undefined ? {} : { warmStart: form.warmStart }),
    ...(form.exports === undefined ? {} : { exports: [...new Set(form.exports)] }),
    ...(form.pricePerHourUsd === undefined ? {} : { pricePerHourUsd: form.pricePerHourUsd }),
  } satisfies SearchSpec);
}

function withDefaults<T extends object>(said: { [K in keyof T]?: T[K] | undefined }, usual: T): T {
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return { ...usual, ...Object.fromEntries(given) };
}
