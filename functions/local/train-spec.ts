/** @file From the flags of `fastpath train` to a spec. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type TrainSpec, trainSpecSchema } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';
import { openStore } from '../../shared/store/open.ts';
import { defaultTrainingSchedule } from '../service/search-spec/schedules.ts';
import { dataUri } from './data-location.ts';
import { readArchitecture } from './input-file.ts';

export interface TrainFlags {
  architecture: string;
  data: string;
  weights?: string;
  epochs?: number;
  batch?: number;
  learningRate?: number;
  warmupEpochs?: number;
  weightDecay?: number;
  labelSmoothing?: number;
  dropout?: number;
  accumulate?: number;
  average?: number;
  mixup?: number;
  randAugment?: { operations: number; magnitude: number };
  keepBest?: boolean;
  patience?: number;
  seed: number;
}

/**
 * The spec of the training that `flags` ask for.
 * @param home directory store that keeps the starting weights
 * @throws FastpathError with the line to show
 */
export async function trainSpec(flags: TrainFlags, home: string): Promise<TrainSpec> {
  const architecture = await readArchitecture(flags.architecture);
  const usual = defaultTrainingSchedule(architecture.space, architecture.resolution);
  return trainSpecSchema.parse({
    format: 'fastpath.train-spec/1',
    data: { uri: await dataUri(flags.data) },
    architecture,
    seed: flags.seed,
    training: {
      epochs: flags.epochs ?? usual.epochs,
      batchSize: flags.batch ?? usual.batchSize,
      learningRate: flags.learningRate ?? usual.learningRate,
      warmupEpochs: flags.warmupEpochs ?? usual.warmupEpochs,
      weightDecay: flags.weightDecay ?? usual.weightDecay,
      labelSmoothing: flags.labelSmoothing ?? usual.labelSmoothing,
      dropout: flags.dropout ?? usual.dropout,
      accumulate: flags.accumulate ?? usual.accumulate,
      averageDecay: flags.average ?? usual.averageDecay,
      mixupAlpha: flags.mixup ?? usual.mixupAlpha,
      randAugment: flags.randAugment ?? usual.randAugment,
      // To stop early is to keep the best: the last epochs were no better.
      keepBest: flags.keepBest === true || flags.patience !== undefined || usual.keepBest,
      patienceEpochs: flags.patience ?? usual.patienceEpochs,
    },
    initialWeights: flags.weights === undefined ? null : await keepWeights(flags.weights, home),
  } satisfies TrainSpec);
}

/**
 * The store's key of the weights in `file`, which are kept there under the name of their hash: other weights in the
 * same file are then another job, and the job goes on even where the file is gone.
 */
async function keepWeights(file: string, home: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const problem = cause.code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file} (${cause.code})`;
    throw new FastpathError('file.missing', `--weights: ${problem}: give a weights.safetensors`, { cause });
  });
  const key = `tenants/local/weights/${createHash('sha256').update(bytes).digest('hex')}.safetensors`;
  const store = await openStore(home);
  if ((await store.get(key)) === null) await store.put(key, bytes);
  return key;
}
