/** @file How large the search benchmark is, in its three forms. */
import {
  publishedSearchSchedule,
  publishedTrainingSchedule,
  type SearchSchedule,
  type TrainingSchedule,
} from '../../shared/contract/job-spec.ts';

export interface Form {
  name: 'full' | 'quick' | 'smoke';
  seeds: readonly number[];
  /** each budget is this quantile of the latencies of uniformly drawn paths */
  budgetQuantiles: readonly number[];
  /** per budget and seed */
  randomArchitectures: number;
  /** class-balanced shares of the data set; null: all of it */
  images: { train: number; test: number } | null;
  search: SearchSchedule;
  /** of the architecture found and of the random ones alike */
  training: TrainingSchedule;
  /** visits of each network when its latency is measured */
  latencyRounds: number;
}

/**
 * Tight ones: 95 % and 85 % of all paths are slower. The paths of one latency have nearly equal multiply-adds, and
 * parameters that differ the more the tighter the budget is: then it matters most which block gets the time.
 */
const budgetQuantiles = [0.05, 0.15];

/** Small batches at a high rate take more steps with as many images, which short runs need most. */
const batchSize = 32;
/** In short searches each weight step is followed by an architecture step: logits need many to hear through the noise. */
const search = {
  ...publishedSearchSchedule,
  batchSize,
  warmupLearningRate: 0.1,
  searchLearningRate: 0.05,
  weightStepsPerArchitectureStep: 1,
};
const training = { ...publishedTrainingSchedule, batchSize, learningRate: 0.1 };

export const forms: Record<Form['name'], Form> = {
  /**
   * For a native backend: about 15 million image passes. Shorter trainings would show nothing: after one epoch networks
   * of equal latency differ by less than two seeds of one of them, after three by several times as much. And a search
   * takes seven times a training, because its images are shared among six or seven candidates a block: a supernet in
   * its first epochs judges as a network in its first minutes does, for which small candidates are best.
   */
  full: {
    name: 'full',
    seeds: [1, 2, 3],
    budgetQuantiles,
    randomArchitectures: 8,
    images: null,
    // Some 7,700 architecture steps average enough noise out for twice the default rate.
    search: {
      ...search,
      warmupEpochs: 6,
      searchEpochs: 12,
      weightStepsPerArchitectureStep: 2,
      logitLearningRate: 0.0075,
    },
    training: { ...training, epochs: 3 },
    latencyRounds: 40,
  },
  /** For WebAssembly on two cores: about 0.7 million image passes, too few to tell networks of equal latency apart. */
  quick: {
    name: 'quick',
    seeds: [1, 2],
    budgetQuantiles,
    randomArchitectures: 3,
    images: { train: 12_000, test: 4000 },
    search: { ...search, warmupEpochs: 2, searchEpochs: 3 },
    training: { ...training, epochs: 2 },
    latencyRounds: 40,
  },
  /** Whether everything works: nothing that it trains has learned enough to compare. */
  smoke: {
    name: 'smoke',
    seeds: [1],
    budgetQuantiles,
    randomArchitectures: 2,
    images: { train: 640, test: 200 },
    search: { ...search, warmupEpochs: 1, searchEpochs: 2 },
    training: { ...training, epochs: 1 },
    latencyRounds: 5,
  },
};
