/** @file The flags of `fastpath search`, here or at a service. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';

export interface SearchFlags {
  data: string;
  hardware: string[];
  budgetMs: number[];
  space: string;
  resolution?: number;
  width: number;
  seed: number;
  /** a search for each pair of device and budget, where it is ordered */
  each?: boolean;
  /** a search with each of them, where it is ordered */
  seeds?: number[];
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

/** @throws FastpathError `flags.pairs`, `flags.train` for flags that do not fit one another */
export function checkFlags({ hardware, budgetMs, each, train, trainEpochs }: SearchFlags): void {
  if (hardware.length !== budgetMs.length) {
    const message = `${hardware.length} --hardware and ${budgetMs.length} --budget-ms: give one budget for each, in the same order`;
    throw new FastpathError('flags.pairs', message);
  }
  const twice = hardware.find((id, i) => hardware.indexOf(id) !== i);
  if (twice !== undefined && each !== true)
    throw new FastpathError('flags.pairs', `--hardware ${twice} is given twice: give it once`);
  if (trainEpochs !== undefined && train !== true) {
    throw new FastpathError('flags.train', '--train-epochs says how long to train: give --train too');
  }
}

/** How to search, by the names that specs and orders have for it. */
export function searchForm(flags: SearchFlags) {
  return {
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
  };
}
