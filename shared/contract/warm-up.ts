/** @file What a finished warm-up leaves as `result/warm-up.json`, behind its weights. */
import { z } from 'zod';

export const warmUpResultSchema = z.strictObject({
  format: z.literal('fastpath.warm-up/1'),
  /** weight steps taken */
  steps: z.number().int().min(0),
  /** the compute limit ended it early; left out where it ran to its end */
  cutShort: z.literal(true).exactOptional(),
});

export type WarmUpResult = z.infer<typeof warmUpResultSchema>;
