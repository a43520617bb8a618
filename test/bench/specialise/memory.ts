/** @file What the memory of a step is asked of and answers. */
import { z } from 'zod';

export const memoryTaskSchema = z.strictObject({ path: z.array(z.number().int().min(0)) });

export const memorySchema = z.strictObject({
  /** peaks of activations and temporaries: training the network found by itself */
  plainBytes: z.number(),
  /** the same path in the supernet */
  weightStepBytes: z.number(),
  architectureStepBytes: z.number(),
  /** a weight step that keeps all paths */
  allPathsBytes: z.number(),
});

export type Memory = z.infer<typeof memorySchema>;
