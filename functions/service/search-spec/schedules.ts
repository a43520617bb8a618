/**
 * @file How long to search and train when nothing is said. The published settings are for ImageNet; data of small
 * images is smaller too, so that fewer epochs of smaller batches take as many steps as they need.
 */
import {
  publishedSearchSchedule,
  publishedTrainingSchedule,
  type SearchSchedule,
  type TrainingSchedule,
} from '../../../shared/contract/job-spec.ts';

/** Up to this side in pixels images count as small (CIFAR, Tiny ImageNet). */
const smallResolution = 64;

interface Lengths {
  batchSize: number;
  warmupEpochs: number;
  searchEpochs: number;
  trainingEpochs: number;
}

const small: Lengths = { batchSize: 128, warmupEpochs: 10, searchEpochs: 30, trainingEpochs: 60 };
/** For demonstrations on a few thousand images: half the batch, for twice the steps. */
const tiny: Lengths = { ...small, batchSize: 64, trainingEpochs: 40 };
const published: Lengths = {
  batchSize: publishedSearchSchedule.batchSize,
  warmupEpochs: publishedSearchSchedule.warmupEpochs,
  searchEpochs: publishedSearchSchedule.searchEpochs,
  trainingEpochs: publishedTrainingSchedule.epochs,
};

/** @param space the name of a space, if one is known; @param resolution input side in pixels */
function lengthsFor(space: string | undefined, resolution: number): Lengths {
  if (space === 'tiny') return tiny;
  return resolution <= smallResolution ? small : published;
}

export function defaultSearchSchedule(space: string, resolution: number): SearchSchedule {
  const { batchSize, warmupEpochs, searchEpochs } = lengthsFor(space, resolution);
  return { ...publishedSearchSchedule, batchSize, warmupEpochs, searchEpochs };
}

export function defaultTrainingSchedule(space: string | undefined, resolution: number): TrainingSchedule {
  const { batchSize, trainingEpochs } = lengthsFor(space, resolution);
  return { ...publishedTrainingSchedule, batchSize, epochs: trainingEpochs };
}
