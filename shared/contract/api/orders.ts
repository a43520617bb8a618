/** @file `/v1/orders`: what a customer buys. One order makes one or several searches. */
import { z } from 'zod';
import { exportFormatSchema, exportFormats } from '../export-format.ts';
import { searchScheduleSchema, trainingScheduleSchema } from '../job-spec.ts';
import { amountUsdSchema, exampleId, idSchema, pageSchema, timeSchema, usdSchema } from './common.ts';
import { searchSchema } from './searches.ts';
import { searchSpaceSchema } from './spaces.ts';

/** One order may ask for this many hardware × budgets, and for each of them for so many seeds. */
export const mostTargets = 50;
export const mostSeeds = 20;
const whole = z.int().min(1).max(1_000_000_000);
const seedSchema = z.int().min(0).max(0xffffffff);

export const targetSchema = z
  .strictObject({
    hardware: z
      .string()
      .min(1)
      .max(100)
      .meta({ description: 'Id of a hardware that latency is known for.', example: 'amd-epyc-zen4-ort-1t' }),
    budgetMs: z
      .number()
      .positive()
      .max(1_000_000)
      .meta({ description: 'Most milliseconds of one call with the whole batch of that hardware.', example: 0.6 }),
  })
  .meta({ id: 'Target', description: 'A device and the latency that the network may have there.' });

const searchFormSchema = {
  resolution: z
    .int()
    .min(8)
    .max(1024)
    .optional()
    .meta({ description: "Input side in pixels; the space's own when absent.", example: 32 }),
  widthMultiplier: z
    .number()
    .min(0.05)
    .max(16)
    .optional()
    .meta({ description: 'Scales all widths; 1 when absent.', example: 1 }),
  exclude: z
    .array(z.string().min(1).max(40))
    .max(100)
    .optional()
    .meta({ description: 'Operations no block may choose: `k7`, `e6`, `mbconv-k5-e6`, `zero`.', example: ['k7'] }),
  maxParameters: whole.optional().meta({ description: 'Most trainable parameters.' }),
  maxMacs: whole.optional().meta({ description: 'Most multiply-adds of one image.' }),
  maxPeakActivationBytes: whole.optional().meta({ description: 'Most bytes of activations at once, fp32.' }),
  method: searchScheduleMethod().optional(),
  latencyLoss: z
    .enum(['target', 'multiplicative', 'additive'])
    .optional()
    .meta({ description: 'How latency enters the loss; `target` when absent.' }),
  schedule: searchScheduleSchema
    .pick({ batchSize: true, warmupEpochs: true, searchEpochs: true, logitLearningRate: true })
    .extend({
      batchSize: z.int().min(1).max(4096).meta({ description: 'Images a step.', example: 128 }),
      warmupEpochs: z.int().min(0).max(1000).meta({ description: 'Epochs on random paths.', example: 10 }),
      searchEpochs: z.int().min(1).max(1000).meta({ description: 'Epochs that also learn paths.', example: 30 }),
    })
    .partial()
    .optional()
    .meta({ description: 'What is absent follows from space and resolution.' }),
  training: trainingScheduleSchema
    .extend({
      epochs: z.int().min(1).max(5000).meta({ description: 'Epochs from scratch.', example: 60 }),
      batchSize: z.int().min(1).max(4096).meta({ description: 'Images a step.', example: 128 }),
      warmupEpochs: z.number().min(0).max(100).meta({ description: 'Epochs in which the learning rate rises.' }),
      accumulate: z.int().min(1).max(256).meta({ description: 'Batches whose mean gradient makes one step.' }),
      averageDecay: z
        .number()
        .min(0)
        .lt(1)
        .meta({ description: 'Decay a step of the moving average of weights that is delivered; 0: none.' }),
      mixupAlpha: z
        .number()
        .min(0)
        .max(10)
        .meta({ description: 'Images and labels are blended by Beta(alpha, alpha); 0: not.' }),
      randAugment: z
        .strictObject({ operations: z.int().min(1).max(14), magnitude: z.number().min(0).max(1) })
        .nullable()
        .meta({ description: 'Operations drawn for each image, and how far they go; null: none.' }),
      keepBest: z
        .boolean()
        .meta({ description: 'Delivers the best epoch on training images held out for that, not the last.' }),
      patienceEpochs: z
        .int()
        .min(1)
        .max(5000)
        .nullable()
        .meta({ description: 'With `keepBest`: epochs without a better one that end the training; null: none do.' }),
    })
    .partial()
    .optional()
    .meta({
      description:
        "Trains the architecture from scratch after the search; without it the supernet's weights are delivered. `{}` " +
        'takes the usual schedule.',
    }),
  exports: z
    .array(exportFormatSchema)
    .max(exportFormats.length)
    .optional()
    .meta({
      description:
        'Formats that the network found is delivered in beside its weights, under `exports/` of its files; each is ' +
        "compared with the trainer where it is made. One that cannot be made is named in the search's notes.",
      example: ['onnx', 'tfjs'],
    }),
  seed: seedSchema.optional().meta({ description: 'Same seed, same result; 0 when absent.' }),
  seeds: z
    .array(seedSchema)
    .min(1)
    .max(mostSeeds)
    .optional()
    .meta({ description: 'Instead of `seed`: a search with each of them for everything that is asked for.' }),
};

function searchScheduleMethod() {
  return z
    .enum(['gradient', 'reinforce'])
    .meta({ description: 'How path logits are trained; `gradient` when absent.', example: 'gradient' });
}

const orderShape = {
  dataSetId: idSchema('ds', 'data set to search on'),
  space: z
    .union([z.string().min(1).max(100), searchSpaceSchema])
    .meta({ description: 'Name of a space that ships (`GET /v1/spaces`), or a space of your own.', example: 'cifar' }),
  targets: z.array(targetSchema).min(1).max(mostTargets).meta({ description: 'No pair twice.' }),
  mode: z
    .enum(['each', 'joint'])
    .default('each')
    .meta({ description: '`each`: a search for every target. `joint`: one search whose network keeps all of them.' }),
  ...searchFormSchema,
  warmStartFrom: idSchema('srch', 'search of the same space and data set to start from')
    .optional()
    .meta({ description: "Starts from that search's supernet weights, so that only path logits are learnt." }),
};

export const estimateRequestSchema = z.strictObject(orderShape).meta({
  id: 'EstimateRequest',
  description: 'An order without its cost limit.',
  example: {
    dataSetId: exampleId('ds'),
    space: 'cifar',
    targets: [{ hardware: 'amd-epyc-zen4-ort-1t', budgetMs: 0.6 }],
    training: {},
  },
});

/** The rule by which an order becomes an array job. */
const sweepRule =
  'An order that makes more than one search (several targets with mode `each`, several `seeds`, or both) is a sweep: its ' +
  'searches run as one array job and share one warm-up, which is trained once, with the first seed, before they begin. ' +
  'A search with that seed finds what it would have found alone. Without warm-up epochs, or with `warmStartFrom`, there ' +
  'is nothing to train before, and they begin at once.';

export const orderRequestSchema = z
  .strictObject({
    ...orderShape,
    maxCostUsd: amountUsdSchema.meta({
      description:
        'Most that the whole order may cost. It is reserved now and shared evenly by the searches, behind the share of a ' +
        'warm-up that several of them have in common; what is not used comes back. A search that reaches its share stops ' +
        'with the best architecture so far, a warm-up with what it has, and the searches go on from there.',
      example: 5,
    }),
  })
  .meta({
    id: 'OrderRequest',
    description: sweepRule,
    example: {
      dataSetId: exampleId('ds'),
      space: 'cifar',
      targets: [{ hardware: 'amd-epyc-zen4-ort-1t', budgetMs: 0.6 }],
      training: {},
      maxCostUsd: 5,
    },
  });

export const throughputSchema = z
  .strictObject({
    weightImagesPerSecond: z.number().positive().meta({ description: 'Of weight steps of the supernet.' }),
    architectureImagesPerSecond: z.number().positive().meta({ description: 'Of architecture steps.' }),
    measuredOn: z.string().meta({ description: 'Space, resolution, backend and machine that was measured.' }),
    measuredAt: z.iso.date().meta({ example: '2026-11-24' }),
    scaledBy: z
      .number()
      .positive()
      .meta({ description: 'Measured throughput × this, the ratio of multiply-adds; 1 where the same was measured.' }),
  })
  .meta({ id: 'Throughput' });

export const priceSchema = z
  .strictObject({
    instanceType: z.string().meta({ example: 'local' }),
    pricePerHourUsd: z.number().min(0).meta({ example: 0 }),
    source: z.string().meta({ description: 'Where the price comes from.' }),
    date: z.iso.date().meta({ description: 'As of when.', example: '2026-11-24' }),
  })
  .meta({ id: 'Price' });

export const estimateSchema = z
  .strictObject({
    searches: z.int().min(1).meta({ description: 'How many searches the order makes.', example: 1 }),
    secondsPerSearch: z
      .number()
      .nullable()
      .meta({ description: 'Compute time of one search; null where no throughput is known, see `basis`.' }),
    warmUpSeconds: z
      .number()
      .nullable()
      .meta({ description: 'Compute time of the warm-up that the searches share; 0 where they share none.' }),
    seconds: z
      .number()
      .nullable()
      .meta({ description: 'Compute time of all together: the shared warm-up counts once.' }),
    costUsd: usdSchema.nullable().meta({ description: 'Of all together; null where `seconds` is.' }),
    basis: z.strictObject({
      trainingImages: z.int().meta({ description: 'Images of the training split that weights are trained on.' }),
      validationImages: z.int().meta({ description: 'Images held out for architecture steps.' }),
      batchSize: z.int(),
      warmUpSteps: z.int().meta({ description: 'Of the warm-up that the searches share; 0 where they share none.' }),
      weightSteps: z.int().meta({ description: "Of one search's supernet, its warm-up included where it is its own." }),
      architectureSteps: z.int(),
      trainingSteps: z.int().meta({ description: 'Of the architecture found; 0 without training.' }),
      throughput: throughputSchema.nullable(),
      price: priceSchema,
      notes: z.array(z.string()).meta({ description: 'What is assumed, or not known, in words.' }),
    }),
    credit: z.strictObject({
      availableUsd: usdSchema,
      monthLeftUsd: usdSchema.nullable().meta({ description: 'Left of the monthly limit; null without a limit.' }),
      sufficient: z
        .boolean()
        .nullable()
        .meta({ description: 'Whether the cost is covered; null where it is unknown.' }),
    }),
  })
  .meta({ id: 'Estimate', description: 'Time and cost of an order before it is placed, and what they are based on.' });

export const orderSchema = z
  .strictObject({
    id: idSchema('ord', 'order'),
    state: z.enum(['open', 'closed']).meta({ description: '`closed` once all of its searches have ended.' }),
    dataSetId: idSchema('ds', 'data set').nullable().meta({ description: 'null once the data set was deleted.' }),
    request: z.looseObject({}).meta({ description: 'The order as it was placed.' }),
    maxCostUsd: usdSchema,
    estimatedCostUsd: usdSchema.meta({ description: 'As estimated when it was placed; 0 where it was unknown.' }),
    createdAt: timeSchema,
    closedAt: timeSchema.nullable(),
    warmUp: searchSchema.nullable().meta({
      description: 'What the searches of a sweep share, with an id, progress and cost of its own; null without.',
    }),
    searches: z.array(searchSchema),
  })
  .meta({ id: 'Order' });

export const orderPageSchema = pageSchema(
  orderSchema.omit({ warmUp: true, searches: true }).meta({ id: 'OrderSummary' }),
).meta({
  id: 'OrderPage',
});

export type EstimateRequest = z.infer<typeof estimateRequestSchema>;
export type OrderRequest = z.infer<typeof orderRequestSchema>;
/** As sent, before what is absent was filled in. */
export type EstimateInput = z.input<typeof estimateRequestSchema>;
export type OrderInput = z.input<typeof orderRequestSchema>;
export type Estimate = z.infer<typeof estimateSchema>;
export type Throughput = z.infer<typeof throughputSchema>;
export type Price = z.infer<typeof priceSchema>;
export type Order = z.infer<typeof orderSchema>;
export type OrderSummary = Omit<Order, 'warmUp' | 'searches'>;
