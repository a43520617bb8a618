/** @file A search of seconds that goes through every phase: warm-up, search, pruning, training, results. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { publishedSearchSchedule, publishedTrainingSchedule } from '../../shared/contract/job-spec.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { findSpace } from '../../shared/space/built-in.ts';

/** Between the fastest and the slowest path of `tiny` on the first built-in hardware. */
export const tinyBudgetMs = 0.08;

/** 12 steps of warm-up, 24 of search with 2 architecture steps a batch of them, 25 of training. */
export function tinySearch(data: string, seed = 0): SearchSpec {
  return {
    format: 'fastpath.search-spec/1',
    data: { uri: data },
    space: findSpace('tiny'),
    widthMultiplier: 1,
    resolution: 32,
    seed,
    method: 'gradient',
    latencyLoss: 'target',
    constraints: [{ model: builtInModels[0]!, budgetMs: tinyBudgetMs }],
    maxParameters: null,
    maxMacs: null,
    maxPeakActivationBytes: null,
    exclude: [],
    schedule: {
      ...publishedSearchSchedule,
      batchSize: 16,
      warmupEpochs: 1,
      searchEpochs: 2,
      weightStepsPerArchitectureStep: 2,
    },
    // All that a training's checkpoint must hold beside the weights.
    training: {
      ...publishedTrainingSchedule,
      epochs: 2,
      batchSize: 16,
      accumulate: 2,
      dropout: 0.1,
      averageDecay: 0.9,
      mixupAlpha: 0.2,
      randAugment: { operations: 2, magnitude: 0.5 },
      keepBest: true,
    },
  };
}
