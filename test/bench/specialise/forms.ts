/** @file How large the proof is, in its two forms. */
import { publishedSearchSchedule, publishedTrainingSchedule } from '../../../shared/contract/job-spec.ts';
import { findSpace } from '../../../shared/space/built-in.ts';

export const space = findSpace('cifar');
export const input = { resolution: space.resolution, classes: 10 };
export const proxyInput = { ...input, resolution: input.resolution / 2 };
/** The seed of everything that is searched; networks are trained with others. */
export const searchSeed = 1;

/** Small batches at a high rate take more steps with as many images, which short runs need most. */
const batchSize = 32;
export const searchBase = {
  ...publishedSearchSchedule,
  batchSize,
  warmupLearningRate: 0.1,
  searchLearningRate: 0.05,
  weightStepsPerArchitectureStep: 2,
  // As much work for a step of REINFORCE as for one of the gradient form.
  reinforceSamples: 4,
};
export const trainingBase = { ...publishedTrainingSchedule, batchSize, learningRate: 0.1 };

export interface Form {
  name: 'full' | 'quick';
  /** class-balanced shares of CIFAR-10 */
  images: { train: number; test: number };
  /** what the proxy sees of each */
  proxyShare: number;
  /** every network is trained with each of them */
  seeds: readonly number[];
  /** each device's budget is this quantile of the latencies of uniformly drawn paths there */
  budgetQuantile: number;
  /** networks from one supernet on a device's curve, that of its budget among them */
  budgets: number;
  /** of the networks of MobileNetV2's shape */
  widthMultipliers: readonly number[];
  /** of the search's epochs behind its warm-up */
  warmStartShares: readonly number[];
  evolution: { population: number; generations: number };
  measuring: { networks: number; rounds: number };
  /** of whole networks in turn: each batch gives a median */
  timing: { batches: number; rounds: number };
  /** prunings again by measured latency, at most */
  prunings: number;
}

export const forms: Record<Form['name'], Form> = {
  full: {
    name: 'full',
    // An epoch of all 50,000 takes a core minutes: every one of some 70 trainings needs several.
    images: { train: 10_000, test: 3_000 },
    proxyShare: 0.1,
    seeds: [2, 3, 4],
    // Tight enough that it matters what the time is spent on, and room below for a curve.
    budgetQuantile: 0.3,
    budgets: 6,
    // As even in multiply-adds as channels in multiples of 8 can be: 0.34, 0.47, 0.76, 0.95, 1 and 2.02 of the fourth's.
    widthMultipliers: [0.35, 0.45, 0.6, 0.75, 1, 1.15],
    warmStartShares: [0.1, 0.2, 0.4],
    evolution: { population: 16, generations: 5 },
    measuring: { networks: 40, rounds: 30 },
    timing: { batches: 12, rounds: 20 },
    prunings: 4,
  },
  /** Whether all of it works: nothing that it trains has learned enough to compare. */
  quick: {
    name: 'quick',
    images: { train: 2000, test: 500 },
    // No class may have fewer than 40.
    proxyShare: 0.25,
    seeds: [2, 3],
    budgetQuantile: 0.3,
    budgets: 3,
    widthMultipliers: [0.45, 1, 1.15],
    warmStartShares: [0.5],
    evolution: { population: 4, generations: 2 },
    measuring: { networks: 12, rounds: 12 },
    timing: { batches: 6, rounds: 8 },
    prunings: 2,
  },
};
