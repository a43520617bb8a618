/** @file What a worker reports while it runs: one JSON line per record, in `progress/{000001}.jsonl` segments. */
import { z } from 'zod';

export const phaseSchema = z.enum(['warmup', 'search', 'training']);

/** One report. Records repeat after a kill, with equal content: readers keep one per `step`. */
export const stepRecordSchema = z.strictObject({
  type: z.literal('step'),
  /** the record's id: weight steps done since the start, over all phases */
  step: z.number().int().min(0),
  /** weight steps that the whole run will do */
  steps: z.number().int().positive(),
  phase: phaseSchema,
  epoch: z.number().min(0),
  /** training loss of this step's batch, in nats, label smoothing included */
  loss: z.number(),
  /** share of this step's training batch classified right */
  accuracy: z.number(),
  /** loss and accuracy of the latest validation batch (architecture step) or validation pass (training) */
  validationLoss: z.number().nullable(),
  validationAccuracy: z.number().nullable(),
  /** per constraint: expectation under the path probabilities, and the budget */
  latency: z.array(z.strictObject({ hardware: z.string(), expectedMs: z.number(), budgetMs: z.number() })),
  /** path probabilities per choice block; only on records that follow an architecture step, empty otherwise */
  probabilities: z.array(z.array(z.number())),
  imagesPerSecond: z.number(),
  secondsLeft: z.number().nullable(),
  tensorBytes: z.number(),
  rssBytes: z.number(),
  skippedImages: z.number().int(),
});

export const noteRecordSchema = z.strictObject({
  type: z.literal('note'),
  step: z.number().int().min(0),
  level: z.enum(['info', 'warning']),
  message: z.string(),
});

/** The worker's last word when it stops without a result. */
export const errorRecordSchema = z.strictObject({
  type: z.literal('error'),
  step: z.number().int().min(0),
  code: z.string(),
  message: z.string(),
  retry: z.boolean(),
});

export const doneRecordSchema = z.strictObject({ type: z.literal('done'), step: z.number().int().min(0) });

/**
 * Stopped before the end of the schedule. `signal`: the checkpoint is saved and the next attempt goes on from it.
 * `compute-limit`: the seconds that were allowed are used; the best so far is the result, where there is one.
 */
export const stoppedRecordSchema = z.strictObject({
  type: z.literal('stopped'),
  step: z.number().int().min(0),
  reason: z.enum(['signal', 'compute-limit']).default('signal'),
});

export const progressRecordSchema = z.discriminatedUnion('type', [
  stepRecordSchema,
  noteRecordSchema,
  errorRecordSchema,
  doneRecordSchema,
  stoppedRecordSchema,
]);

export type Phase = z.infer<typeof phaseSchema>;
export type StepRecord = z.infer<typeof stepRecordSchema>;
export type ProgressRecord = z.infer<typeof progressRecordSchema>;
