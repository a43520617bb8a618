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

/** Half of all paths are slower than the looser budget, and all but a few than the tighter one. */
const budgetQuantiles = [0.15, 0.5];

/** Small batches take more steps with as many images, which short runs need more than they need smooth gradients. */
const batchSize = 64;
const search = { ...publishedSearchSchedule, batchSize };
const training = { ...publishedTrainingSchedule, batchSize };

export const forms: Record<Form['name'], Form> = {
  /** For a native backend: about 19 million image passes. */
  full: {
    name: 'full',
    seeds: [1, 2, 3],
    budgetQuantiles,
    randomArchitectures: 8,
    images: null,
    search: { ...search, warmupEpochs: 4, searchEpochs: 12 },
    training: { ...training, epochs: 5 },
    latencyRounds: 40,
  },
  /** For WebAssembly on two cores. With so few steps, every second one is followed by an architecture step. */
  quick: {
    name: 'quick',
    seeds: [1, 2],
    budgetQuantiles,
    randomArchitectures: 4,
    images: { train: 10_000, test: 4000 },
    search: { ...search, warmupEpochs: 3, searchEpochs: 5, weightStepsPerArchitectureStep: 2 },
    training: { ...training, epochs: 4 },
    latencyRounds: 40,
  },
  /** Whether everything works: nothing that it trains has learned enough to compare. */
  smoke: {
    name: 'smoke',
    seeds: [1],
    budgetQuantiles,
    randomArchitectures: 2,
    images: { train: 640, test: 200 },
    search: { ...search, warmupEpochs: 1, searchEpochs: 2, weightStepsPerArchitectureStep: 2 },
    training: { ...training, epochs: 1 },
    latencyRounds: 5,
  },
};
