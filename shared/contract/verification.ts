/** @file verification.json: what a search's network took on the device, and the prunings that followed from it. */
import { z } from 'zod';

export const networkTimingSchema = z.strictObject({
  hardware: z.string(),
  architectureId: z.string(),
  /** by the model as it was before this timing */
  predictedMs: z.number(),
  lowMs: z.number(),
  highMs: z.number(),
  measuredMs: z.number().positive(),
  /** median absolute deviation over the visits */
  spreadMs: z.number(),
  visits: z.number().int().positive(),
  /** by the model that has learnt from this timing */
  correctedMs: z.number(),
  /** how networks of the table, timed again beside this one, compare with what the table says of them; null without any */
  othersNowOverThen: z.number().nullable(),
  /** the machine changed its speed by more than 3 % meanwhile */
  unstable: z.boolean(),
});

export const verificationSchema = z.strictObject({
  format: z.literal('fastpath.verification/1'),
  /** the first is the search's own network; each further one was pruned under the models that the timings corrected */
  rounds: z
    .array(
      z.strictObject({
        /** where its results are, from the folder of this file */
        folder: z.string(),
        timings: z.array(z.strictObject({ budgetMs: z.number().positive(), ...networkTimingSchema.shape })).min(1),
        /** no timing over its budget */
        within: z.boolean(),
      }),
    )
    .min(1),
});

export type NetworkTiming = z.infer<typeof networkTimingSchema>;
export type Verification = z.infer<typeof verificationSchema>;
