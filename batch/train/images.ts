/** @file Which images a job reads for what. */
import type { SearchSpec, TrainingSchedule } from '../../shared/contract/job-spec.ts';
import type { Evaluation } from '../../shared/contract/result.ts';
import { createLoader, type Loader } from '../data/batches.ts';
import type { DataSet } from '../data/data-set.ts';
import { openDataSet } from '../data/open-data.ts';
import { PixelCache } from '../data/pixel-cache.ts';
import { splitTraining } from '../data/split.ts';
import type { JobContext } from '../run/context.ts';

/** Bound on decoded small images kept in memory, shared by a job's loaders. */
const cacheBytes = 1 << 30;

/** Images for a final score: the data set's own held-out ones where it has them. */
interface EvaluationImages {
  loader: Loader;
  split: Evaluation['split'];
}

export interface SearchImages {
  dataSet: DataSet;
  /** weight steps: augmented, shuffled each epoch */
  training: Loader;
  /** architecture steps: never used for weights */
  validation: Loader;
  /** the same images in order, each once, for scoring paths */
  validationScore: Loader;
  /** batch-norm statistics: training images without augmentation */
  recalibration: Loader;
  evaluation: EvaluationImages;
  close(): Promise<void>;
}

export interface TrainingImages {
  dataSet: DataSet;
  training: Loader;
  evaluation: EvaluationImages;
  close(): Promise<void>;
}

/** @throws FastpathError `data.…` */
export async function openSearchImages(context: JobContext, spec: SearchSpec): Promise<SearchImages> {
  const dataSet = await openDataSet(spec.data.uri, { cacheDirectory: context.cacheDirectory });
  const { weights, pathLogits } = splitTraining(dataSet, spec.seed);
  const { resolution, seed } = spec;
  const { batchSize } = spec.schedule;
  const cache = new PixelCache(cacheBytes);
  const common = { dataSet, resolution, batchSize, seed, cache };
  const training = createLoader({ ...common, samples: weights, augment: true, streamName: 'training' });
  const validation = createLoader({
    ...common,
    samples: pathLogits,
    augment: false,
    streamName: 'path-logits',
  });
  const inOrder = (samples: Uint32Array) =>
    createLoader({ ...common, samples, shuffle: false, augment: false, streamName: 'evaluation' });
  const validationScore = inOrder(pathLogits);
  const recalibration = createLoader({
    ...common,
    samples: weights,
    augment: false,
    streamName: 'recalibration',
  });
  const evaluation: EvaluationImages =
    dataSet.val.length > 0
      ? { loader: inOrder(dataSet.val), split: 'test' }
      : { loader: validationScore, split: 'validation' };
  const loaders = new Set([training, validation, validationScore, recalibration, evaluation.loader]);
  return { dataSet, training, validation, validationScore, recalibration, evaluation, close: () => closeAll(loaders) };
}

/**
 * Without held-out images of its own, a data set's path-logit share is held out.
 * @throws FastpathError `data.…`
 */
export async function openTrainingImages(
  job: { resolution: number; seed: number; schedule: TrainingSchedule },
  dataSet: DataSet,
): Promise<TrainingImages> {
  const { resolution, seed, schedule } = job;
  const common = { dataSet, resolution, batchSize: schedule.batchSize, seed, cache: new PixelCache(cacheBytes) };
  const own = dataSet.val.length > 0;
  const split = own ? { weights: dataSet.train, pathLogits: dataSet.val } : splitTraining(dataSet, seed);
  const training = createLoader({
    ...common,
    samples: split.weights,
    augment: true,
    streamName: 'full-training',
  });
  const loader = createLoader({
    ...common,
    samples: split.pathLogits,
    shuffle: false,
    augment: false,
    streamName: 'evaluation',
  });
  return {
    dataSet,
    training,
    evaluation: { loader, split: own ? 'test' : 'validation' },
    close: () => closeAll([training, loader]),
  };
}

async function closeAll(loaders: Iterable<Loader>): Promise<void> {
  for (const loader of loaders) await loader.close();
}
