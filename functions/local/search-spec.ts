/** @file From the flags of `fastpath search` to a spec, with all that can be wrong without looking at an image. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';
import { buildSearchSpec } from '../service/search-spec/build.ts';
import { dataUri } from './data-location.ts';
import { openRegistry } from './hardware-registry.ts';
import { readSpace } from './input-file.ts';

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

/**
 * The spec of the search that `flags` ask for.
 * @throws FastpathError with the line to show
 */
export async function searchSpec(flags: SearchFlags): Promise<SearchSpec> {
  checkPairs(flags);
  if (flags.trainEpochs !== undefined && flags.train !== true) {
    throw new FastpathError('flags.train', '--train-epochs says how long to train: give --train too');
  }
  const registry = openRegistry();
  const models = await Promise.all(flags.hardware.map((id) => registry.findModel(id)));
  return buildSearchSpec({
    data: { uri: await dataUri(flags.data) },
    space: await readSpace(flags.space),
    constraints: models.map((model, i) => ({ model, budgetMs: flags.budgetMs[i]! })),
    resolution: flags.resolution,
    widthMultiplier: flags.width,
    exclude: flags.exclude,
    maxParameters: flags.maxParams,
    maxMacs: flags.maxMacs,
    maxPeakActivationBytes: flags.maxPeakMb === undefined ? undefined : Math.floor(flags.maxPeakMb * 1e6),
    method: flags.method,
    latencyLoss: flags.latencyLoss,
    seed: flags.seed,
    schedule: {
      batchSize: flags.batch,
      warmupEpochs: flags.warmupEpochs,
      searchEpochs: flags.epochs,
      logitLearningRate: flags.logitLearningRate,
    },
    training: flags.train === true ? { epochs: flags.trainEpochs } : undefined,
    warmStart: undefined,
  });
}

function checkPairs({ hardware, budgetMs }: SearchFlags): void {
  if (hardware.length !== budgetMs.length) {
    const message = `${hardware.length} --hardware and ${budgetMs.length} --budget-ms: give one budget for each, in the same order`;
    throw new FastpathError('flags.pairs', message);
  }
  const twice = hardware.find((id, i) => hardware.indexOf(id) !== i);
  if (twice !== undefined) throw new FastpathError('flags.pairs', `--hardware ${twice} is given twice: give it once`);
}
