/**
 * @file What a worker is asked to do: a search, the warm-up that several searches share, pruning a finished search's
 * supernet again, or the training of one architecture. Immutable once written.
 */
import { z } from 'zod';
import { architectureSchema } from './architecture.ts';
import { exportFormatSchema } from './export-format.ts';
import { latencyModelSchema } from './latency-model.ts';
import { spaceSchema } from './space.ts';

const count = z.number().int().positive();
const seed = z.number().int().min(0).max(0xffffffff);

/** Where the images are: a directory or `s3://bucket/prefix`, class folders or webdataset shards. */
export const dataSchema = z.strictObject({
  uri: z.string().min(1),
  /** of the bucket's owner, assumed to read it; absent: read with the worker's own rights */
  role: z.strictObject({ arn: z.string().min(1), externalId: z.string().min(1) }).optional(),
});

export const trainingScheduleSchema = z.strictObject({
  epochs: count,
  batchSize: count,
  /** peak of the cosine, after `warmupEpochs` of linear rise */
  learningRate: z.number().positive(),
  warmupEpochs: z.number().min(0),
  weightDecay: z.number().min(0),
  labelSmoothing: z.number().min(0).lt(1),
  dropout: z.number().min(0).lt(1),
  /** batches whose mean gradient makes one weight step */
  accumulate: count,
  /** decay a step of the moving average of the weights, which is what is scored and kept; 0: no average */
  averageDecay: z.number().min(0).lt(1),
  /** both parameters of the Beta distribution that images are blended by; 0: none are */
  mixupAlpha: z.number().min(0),
  /** operations drawn for each image, and how far they go, from 0 to 1; null: none */
  randAugment: z.strictObject({ operations: count, magnitude: z.number().min(0).max(1) }).nullable(),
  /** keeps the weights of the best epoch on training images held out for that, instead of the last epoch's */
  keepBest: z.boolean(),
  /** epochs without a better one behind which training ends, with `keepBest`; null: it runs to its end */
  patienceEpochs: count.nullable(),
});

export const searchScheduleSchema = z.strictObject({
  batchSize: count,
  /** epochs of weight steps on uniformly sampled paths */
  warmupEpochs: z.number().int().min(0),
  /** epochs of weight steps with architecture steps between them */
  searchEpochs: count,
  warmupLearningRate: z.number().positive(),
  searchLearningRate: z.number().positive(),
  weightDecay: z.number().min(0),
  labelSmoothing: z.number().min(0).lt(1),
  /** weight steps per architecture step */
  weightStepsPerArchitectureStep: count,
  /** null: max(1e-3, 30 / planned architecture steps) */
  logitLearningRate: z.number().positive().nullable(),
  /** networks scored per REINFORCE step */
  reinforceSamples: count,
});

/** One for a plain search, several for one network that keeps every budget; the first is the primary one. */
const constraintsSchema = z
  .array(z.strictObject({ model: latencyModelSchema, budgetMs: z.number().positive() }))
  .min(1);

export const searchSpecSchema = z.strictObject({
  format: z.literal('fastpath.search-spec/1'),
  data: dataSchema,
  space: spaceSchema,
  widthMultiplier: z.number().positive(),
  resolution: count,
  seed,
  method: z.enum(['gradient', 'reinforce']),
  latencyLoss: z.enum(['target', 'multiplicative', 'additive']),
  constraints: constraintsSchema,
  maxParameters: count.nullable(),
  maxMacs: count.nullable(),
  maxPeakActivationBytes: count.nullable(),
  /** labels of operations that no block may choose, e.g. `k7`, `e6`, `mbconv-k5-e6`, `zero` */
  exclude: z.array(z.string()),
  schedule: searchScheduleSchema,
  /** null: the result keeps the supernet's weights with batch-norm statistics recalibrated */
  training: trainingScheduleSchema.nullable(),
  /**
   * an earlier search's `supernet.safetensors` in the store, on the same data and a space that holds this one: its weights
   * stay as they are and only path logits are learned; null or left out: everything is. `seed` divided its images: none
   * that weights were trained on may train path logits
   */
  warmStart: z
    .strictObject({ key: z.string().min(1), seed })
    .nullable()
    .exactOptional(),
  /**
   * what one warm-up left for all searches of an order: this one begins behind its own warm-up, with those weights. `seed`
   * is that warm-up's, which divided the images, as above. Left out: it warms up itself
   */
  warmUp: z.strictObject({ key: z.string().min(1), seed }).exactOptional(),
  /** what the network found is written as, beside its weights; left out: nothing else */
  exports: z.array(exportFormatSchema).exactOptional(),
  /** what an hour of the machine is charged, for the record; left out: nobody said */
  pricePerHourUsd: z.number().min(0).exactOptional(),
});

/** Trains what all searches of an order begin with; nothing in it depends on devices and budgets. */
export const warmUpSpecSchema = searchSpecSchema
  .pick({
    data: true,
    space: true,
    widthMultiplier: true,
    resolution: true,
    seed: true,
    maxPeakActivationBytes: true,
    exclude: true,
    schedule: true,
  })
  .extend({ format: z.literal('fastpath.warm-up-spec/1') });

export const pruneSpecSchema = z.strictObject({
  format: z.literal('fastpath.prune-spec/1'),
  /** the finished search, in the same store */
  search: z.strictObject({
    /** its place, without a final slash */
    prefix: z.string().min(1),
    specSha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** models as they are now, in place of the search's */
  constraints: constraintsSchema,
  /** networks of this search that were timed since; what a model still says too little of them, it says of others */
  timings: z.array(
    z.strictObject({ hardware: z.string(), architecture: architectureSchema, latencyMs: z.number().positive() }),
  ),
});

export const trainSpecSchema = z.strictObject({
  format: z.literal('fastpath.train-spec/1'),
  data: dataSchema,
  architecture: architectureSchema,
  seed,
  training: trainingScheduleSchema,
  /** store key of a safetensors file to start from; null: from scratch */
  initialWeights: z.string().nullable(),
});

export const jobSpecSchema = z.discriminatedUnion('format', [
  searchSpecSchema,
  warmUpSpecSchema,
  pruneSpecSchema,
  trainSpecSchema,
]);

export type TrainingSchedule = z.infer<typeof trainingScheduleSchema>;
export type SearchSchedule = z.infer<typeof searchScheduleSchema>;
export type SearchSpec = z.infer<typeof searchSpecSchema>;
export type WarmUpSpec = z.infer<typeof warmUpSpecSchema>;
export type PruneSpec = z.infer<typeof pruneSpecSchema>;
export type TrainSpec = z.infer<typeof trainSpecSchema>;
export type DataLocation = z.infer<typeof dataSchema>;
export type JobSpec = z.infer<typeof jobSpecSchema>;

/** Published settings (ALGORITHM.md); a data set of another size changes epochs and batch, not the rest. */
export const publishedSearchSchedule: SearchSchedule = {
  batchSize: 256,
  warmupEpochs: 40,
  searchEpochs: 120,
  warmupLearningRate: 0.05,
  searchLearningRate: 0.025,
  weightDecay: 4e-5,
  labelSmoothing: 0.1,
  weightStepsPerArchitectureStep: 5,
  logitLearningRate: null,
  reinforceSamples: 8,
};

export const publishedTrainingSchedule: TrainingSchedule = {
  epochs: 300,
  batchSize: 256,
  learningRate: 0.05,
  warmupEpochs: 0,
  weightDecay: 4e-5,
  labelSmoothing: 0.1,
  dropout: 0,
  accumulate: 1,
  averageDecay: 0,
  mixupAlpha: 0,
  randAugment: null,
  keepBest: false,
  patienceEpochs: null,
};
