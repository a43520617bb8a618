/** @file How a finished network does on each class: `result/classes.json`, the confusion matrix without its zeros. */
import { z } from 'zod';

export const classResultsSchema = z.strictObject({
  format: z.literal('fastpath.class-results/1'),
  /** which images were classified, as in metrics.json */
  split: z.enum(['validation', 'test']),
  /** in the order of the network's outputs */
  classes: z.array(
    z.strictObject({
      name: z.string(),
      /** images of this class that were classified */
      images: z.number().int().min(0),
      /** share classified right; null where there were no images */
      top1: z.number().min(0).max(1).nullable(),
      /** what they were taken for, by index, the most frequent first */
      predicted: z.array(z.strictObject({ class: z.number().int().min(0), images: z.number().int().positive() })),
    }),
  ),
});

export type ClassResults = z.infer<typeof classResultsSchema>;
