/** @file What a finished job leaves under `result/`: metrics.json and pareto.json beside the architecture and weights. */
import { z } from 'zod';
import { architectureSchema } from './architecture.ts';

const predictedLatencySchema = z.strictObject({
  hardware: z.string(),
  budgetMs: z.number().nullable(),
  latencyMs: z.number(),
  lowMs: z.number(),
  highMs: z.number(),
  flags: z.array(z.string()),
});

const evaluationSchema = z.strictObject({
  /** what was classified: `validation` (held out from the training images) or `test` (the data set's own split) */
  split: z.enum(['validation', 'test']),
  images: z.number().int().positive(),
  loss: z.number(),
  top1: z.number(),
  top5: z.number(),
});

export const metricsSchema = z.strictObject({
  format: z.literal('fastpath.metrics/1'),
  architectureId: z.string(),
  seed: z.number().int(),
  backend: z.string(),
  dataFingerprint: z.string(),
  macs: z.number(),
  parameters: z.number(),
  peakActivationBytes: z.number(),
  latency: z.array(predictedLatencySchema),
  /** whose weights: the supernet's with recalibrated batch norm, or trained afterwards */
  weights: z.enum(['supernet', 'trained']),
  evaluation: evaluationSchema,
  /** null for a job that only trains */
  search: z
    .strictObject({
      method: z.enum(['gradient', 'reinforce']),
      latencyLoss: z.enum(['target', 'multiplicative', 'additive']),
      /** blocks where the budget made the pruning choose another candidate than the most probable one */
      blocksDifferingFromArgmax: z.number().int(),
      meanTopProbability: z.number(),
      blocks: z.array(
        z.strictObject({
          name: z.string(),
          candidate: z.string(),
          probability: z.number(),
          entropyNats: z.number(),
        }),
      ),
      imagePasses: z.number().int(),
      spaceSize: z.string(),
      /** networks of this search that were timed on the device, and what the model says of them since */
      timings: z.array(
        z.strictObject({
          hardware: z.string(),
          architectureId: z.string(),
          measuredMs: z.number(),
          predictedMs: z.number(),
        }),
      ),
    })
    .nullable(),
  skippedImages: z.number().int(),
  /** of a network trained after the search or by itself; left out where its weights are the supernet's */
  training: z
    .strictObject({
      /** weight steps taken */
      steps: z.number().int().min(0),
      /** behind which the weights kept were best; null: the last ones are kept */
      bestStep: z.number().int().min(0).nullable(),
    })
    .exactOptional(),
  /** the compute limit ended the job early, and this is its best so far; left out where it ran to its end */
  cutShort: z.literal(true).exactOptional(),
});

export const paretoSchema = z.strictObject({
  format: z.literal('fastpath.pareto/1'),
  hardware: z.string(),
  points: z.array(
    z.strictObject({
      budgetMs: z.number(),
      latencyMs: z.number(),
      /** Σ ln p of the path: how much the search believes in it, not an accuracy */
      logProbability: z.number(),
      /** accuracy on validation images with the supernet's weights, batch norm recalibrated */
      supernetTop1: z.number().nullable(),
      architecture: architectureSchema,
    }),
  ),
});

export type Metrics = z.infer<typeof metricsSchema>;
export type Evaluation = z.infer<typeof evaluationSchema>;
export type Pareto = z.infer<typeof paretoSchema>;
