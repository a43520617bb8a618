/** @file Which images a job reads for what. Loaders live as long as the feed they come from. */
import type { DataLocation, SearchSpec, TrainingSchedule } from '../../shared/contract/job-spec.ts';
import type { Evaluation } from '../../shared/contract/result.ts';
import type { DataSetFacts } from '../../shared/data/data-set.ts';
import type { Loader } from '../data/batches.ts';
import { Feed } from '../data/feed.ts';
import { splitTraining } from '../data/split.ts';
import type { JobContext } from '../run/context.ts';
import { recalibrationImages } from './evaluate.ts';

/** Images for a final score: the data set's own held-out ones where it has them. */
interface EvaluationImages {
  loader: Loader;
  split: Evaluation['split'];
}

export interface SearchImages {
  dataSet: DataSetFacts;
  /** weight steps: augmented, shuffled each epoch */
  training: Loader;
  /** architecture steps: never used for weights */
  validation: Loader;
  /** the same images in order, each once, for scoring paths */
  validationScore: Loader;
  /** batch-norm statistics: training images without augmentation */
  recalibration: Loader;
  evaluation: EvaluationImages;
}

export interface TrainingImages {
  dataSet: DataSetFacts;
  training: Loader;
  /** scores the network each epoch */
  selection: EvaluationImages;
  /** scores the network kept */
  evaluation: EvaluationImages;
}

/** Images that a finished network reads for its statistics and its score, at most. */
export function imagesToFinish({ evaluation: { loader } }: { evaluation: EvaluationImages }): number {
  return recalibrationImages + loader.batchesPerEpoch * loader.batchSize;
}

/** Opens the data set that a job names. @throws FastpathError `data.…`, `backend.images` */
export function openFeed(context: JobContext, { data }: { data: DataLocation }): Promise<Feed> {
  const { cacheDirectory, session } = context;
  const role = data.role === undefined ? {} : { role: data.role };
  const options = { cacheDirectory, ...role, ...(session === null ? {} : { session }) };
  return Feed.open(data.uri, options, context.imageAddon);
}

/** @throws FastpathError `data.…` */
export function openSearchImages(
  feed: Feed,
  spec: Pick<SearchSpec, 'resolution' | 'seed' | 'schedule' | 'warmUp' | 'warmStart'>,
): SearchImages {
  const { dataSet } = feed;
  const { weights, pathLogits } = splitTraining(dataSet, (spec.warmStart ?? spec.warmUp ?? spec).seed);
  const { resolution, seed } = spec;
  const common = { resolution, batchSize: spec.schedule.batchSize, seed };
  const training = feed.loader({ ...common, samples: weights, augment: true, streamName: 'training' });
  const validation = feed.loader({ ...common, samples: pathLogits, augment: false, streamName: 'path-logits' });
  const inOrder = (samples: Uint32Array) =>
    feed.loader({ ...common, samples, shuffle: false, augment: false, streamName: 'evaluation' });
  const validationScore = inOrder(pathLogits);
  const recalibration = feed.loader({ ...common, samples: weights, augment: false, streamName: 'recalibration' });
  const evaluation: EvaluationImages =
    dataSet.val.length > 0
      ? { loader: inOrder(dataSet.val), split: 'test' }
      : { loader: validationScore, split: 'validation' };
  return { dataSet, training, validation, validationScore, recalibration, evaluation };
}

/**
 * Without held-out images of its own, a data set's path-logit share is held out. It is held out too where the best epoch
 * is kept, which is chosen by it: the data set's own held-out images score the network kept, and nothing else.
 * @throws FastpathError `data.…`
 */
export function openTrainingImages(
  feed: Feed,
  job: { resolution: number; seed: number; schedule: TrainingSchedule },
): TrainingImages {
  const { dataSet } = feed;
  const { resolution, seed, schedule } = job;
  const common = { resolution, batchSize: schedule.batchSize, seed };
  const hasOwn = dataSet.val.length > 0;
  const split = hasOwn && !schedule.keepBest ? null : splitTraining(dataSet, seed);
  const training = feed.loader({
    ...common,
    samples: split?.weights ?? dataSet.train,
    augment: true,
    randAugment: schedule.randAugment,
    streamName: 'full-training',
  });
  const inOrder = (samples: Uint32Array, kind: Evaluation['split']): EvaluationImages => ({
    loader: feed.loader({ ...common, samples, shuffle: false, augment: false, streamName: 'evaluation' }),
    split: kind,
  });
  const heldOut = split && inOrder(split.pathLogits, 'validation');
  const own = hasOwn ? inOrder(dataSet.val, 'test') : null;
  return { dataSet, training, selection: (heldOut ?? own)!, evaluation: (own ?? heldOut)! };
}
