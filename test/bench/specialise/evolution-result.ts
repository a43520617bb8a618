/** @file What evolution is asked and what it answers, between its process and the proof's. */
import { z } from 'zod';
import { architectureSchema } from '../../../shared/contract/architecture.ts';
import { warmUpSpecSchema } from '../../../shared/contract/job-spec.ts';
import { latencyModelSchema } from '../../../shared/contract/latency-model.ts';

export const evolutionTaskSchema = z.strictObject({
  /** store of the warm-up, and where scores are kept */
  work: z.string(),
  /** of the warm-up that trained the supernet */
  prefix: z.string(),
  warmUp: warmUpSpecSchema,
  constraint: z.strictObject({ model: latencyModelSchema, budgetMs: z.number() }),
  population: z.number().int().min(2),
  generations: z.number().int().min(1),
});

export const evolutionResultSchema = z.strictObject({
  architecture: architectureSchema,
  /** on held-out training images, with the supernet's weights */
  top1: z.number(),
  /** networks scored, and what that took */
  scored: z.number().int(),
  seconds: z.number(),
});

export type EvolutionResult = z.infer<typeof evolutionResultSchema>;
