/** @file A weight step on one path of the supernet: all of the warm-up, and most of the search. */
import type { SearchSchedule } from '../../shared/contract/job-spec.ts';
import { Random } from '../../shared/random.ts';
import { uniformPath } from '../../shared/space/path.ts';
import type { Path, SupernetPlan } from '../../shared/space/plan.ts';
import type { Loader } from '../data/batches.ts';
import type { UnreadScore } from '../network/unread-score.ts';
import { weightStep } from '../network/weight-step.ts';
import { cosineLearningRate } from '../run/schedule.ts';
import type { Supernet } from '../supernet/supernet.ts';
import { imageTensor } from '../train/evaluate.ts';

export interface PathStep {
  /** of the batch, still on the device */
  score: UnreadScore;
  images: number;
  skippedImages: number;
}

/** Trains the path's weights on batch `step` (from 0, over all epochs) of the training images. */
export async function pathStep(
  supernet: Supernet,
  training: Loader,
  { labelSmoothing, weightDecay }: SearchSchedule,
  { step, path, learningRate }: { step: number; path: Path; learningRate: number },
): Promise<PathStep> {
  const { batchesPerEpoch } = training;
  const batch = await training.get(Math.floor(step / batchesPerEpoch), step % batchesPerEpoch);
  const x = imageTensor(batch.images, training);
  const score = weightStep(
    supernet.network(path),
    x,
    batch.labels,
    { labelSmoothing, dropout: null },
    { learningRate, weightDecay },
  );
  x.dispose();
  training.recycle(batch.images);
  return { score, images: batch.labels.length, skippedImages: batch.skipped };
}

/** What each path is drawn with. */
export function pathRandom(seed: number, step: number): Random {
  return Random.named(seed, `path/${step}`);
}

/** A step of the warm-up: a uniformly drawn path. @param steps of the whole warm-up */
export function warmUpStep(
  supernet: Supernet,
  training: Loader,
  { seed, schedule }: { seed: number; schedule: SearchSchedule },
  { plan, step, steps }: { plan: SupernetPlan; step: number; steps: number },
): Promise<PathStep> {
  const path = uniformPath(plan, pathRandom(seed, step));
  const learningRate = cosineLearningRate(step, steps, schedule.warmupLearningRate);
  return pathStep(supernet, training, schedule, { step, path, learningRate });
}
