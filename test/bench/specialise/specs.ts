/** @file Job specs of the proof. */

import { searchPrefix } from '../../../functions/local/home.ts';
import { specFile } from '../../../functions/service/search-spec/spec-file.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type {
  PruneSpec,
  SearchSchedule,
  SearchSpec,
  TrainingSchedule,
  TrainSpec,
  WarmUpSpec,
} from '../../../shared/contract/job-spec.ts';
import { supernetKey, warmUpKey } from '../../../shared/store/search-keys.ts';
import type { Constraint } from './budget.ts';
import { input, searchSeed, space } from './forms.ts';

interface Search {
  data: string;
  schedule: SearchSchedule;
  constraint: Constraint;
  method?: SearchSpec['method'];
  resolution?: number;
  /** behind which the search begins */
  warmUp?: WarmUpSpec;
  /** whose supernet it learns path logits on */
  warmStart?: SearchSpec;
}

export function searchSpec(search: Search): SearchSpec {
  const { data, schedule, constraint, method = 'gradient', resolution = input.resolution } = search;
  const { warmUp, warmStart } = search;
  return {
    ...{ format: 'fastpath.search-spec/1', data: { uri: data }, space, widthMultiplier: 1, seed: searchSeed },
    ...{ resolution, method, latencyLoss: 'target', constraints: [constraint] },
    ...{ maxParameters: null, maxMacs: null, maxPeakActivationBytes: null, exclude: [] },
    ...{ schedule, training: null },
    ...(warmUp && { warmUp: { key: warmUpKey(prefixOf(warmUp)), seed: warmUp.seed } }),
    ...(warmStart && {
      warmStart: { key: supernetKey(prefixOf(warmStart)), seed: (warmStart.warmUp ?? warmStart).seed },
    }),
  };
}

export function warmUpSpec(data: string, schedule: SearchSchedule): WarmUpSpec {
  return {
    ...{ format: 'fastpath.warm-up-spec/1', data: { uri: data }, space, widthMultiplier: 1, seed: searchSeed },
    ...{ resolution: input.resolution, maxPeakActivationBytes: null, exclude: [], schedule },
  };
}

export function pruneSpec(search: SearchSpec, constraint: Constraint, timings: PruneSpec['timings']): PruneSpec {
  return {
    format: 'fastpath.prune-spec/1',
    search: { prefix: prefixOf(search), specSha256: specFile(search).sha256 },
    constraints: [constraint],
    timings,
  };
}

export function trainSpec(
  data: string,
  architecture: Architecture,
  seed: number,
  training: TrainingSchedule,
): TrainSpec {
  return {
    ...{ format: 'fastpath.train-spec/1', data: { uri: data }, architecture, seed, training },
    initialWeights: null,
  };
}

export function prefixOf(spec: SearchSpec | WarmUpSpec): string {
  return searchPrefix(specFile(spec).id);
}
