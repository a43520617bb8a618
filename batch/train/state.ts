/** @file What the checkpoint of a training phase holds beside its tensors. */
import { z } from 'zod';
import type { Metrics } from '../../shared/contract/result.ts';

export const trainingStateSchema = z.strictObject({
  /** weight steps done in this phase */
  step: z.number().int().min(0),
  /** of the latest step's batch */
  trainingLoss: z.number(),
  validation: z.strictObject({ loss: z.number(), accuracy: z.number() }).nullable(),
  /** one point an epoch */
  curve: z.array(
    z.strictObject({
      step: z.number().int(),
      trainingLoss: z.number(),
      validationLoss: z.number(),
      validationAccuracy: z.number(),
    }),
  ),
  skippedImages: z.number().int(),
  /** the best epoch so far, where the best one is kept */
  best: z.strictObject({ step: z.number().int(), top1: z.number(), loss: z.number() }).nullable(),
});

export type TrainingState = z.infer<typeof trainingStateSchema>;

export function newTraining(): TrainingState {
  return { step: 0, trainingLoss: 0, validation: null, curve: [], skippedImages: 0, best: null };
}

/** What metrics.json says of a training. */
export function trainingFacts({ step, best }: TrainingState): NonNullable<Metrics['training']> {
  return { steps: step, bestStep: best?.step ?? null };
}
