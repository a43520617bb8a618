/** @file What a search's checkpoint holds beside its tensors, and what the search hands on to the training phase. */
import { z } from 'zod';
import { trainingStateSchema } from '../train/state.ts';

const perCandidate = z.array(z.array(z.number()));
const path = z.array(z.number().int().min(0));

/** A point of the curves that end up in pictures; thinned so that a run of any length holds a few hundred. */
const curvePointSchema = z.strictObject({
  step: z.number().int(),
  trainingLoss: z.number(),
  validationLoss: z.number().nullable(),
  validationAccuracy: z.number().nullable(),
  /** expected cost of each constraint, in its unit */
  expectedCosts: z.array(z.number()),
  probabilities: perCandidate,
});

export const searchStateSchema = z.strictObject({
  phase: z.literal('search'),
  logits: perCandidate,
  optimizer: z.strictObject({ steps: z.number().int(), secondMoments: perCandidate }),
  objective: z
    .strictObject({
      accumulated: z.array(z.number()),
      crossEntropySquare: z.number(),
      costSquares: z.array(z.number()),
    })
    .nullable(),
  baseline: z.number().nullable(),
  validation: z.strictObject({ loss: z.number(), accuracy: z.number() }).nullable(),
  curve: z.array(curvePointSchema),
  imagePasses: z.number().int(),
  skippedImages: z.number().int(),
});

export const searchOutcomeSchema = z.strictObject({
  path,
  logits: perCandidate,
  curve: z.array(curvePointSchema),
  blocksDifferingFromArgmax: z.number().int(),
  imagePasses: z.number().int(),
  skippedImages: z.number().int(),
  pareto: z.array(
    z.strictObject({
      budgetMs: z.number(),
      latencyMs: z.number(),
      logProbability: z.number(),
      path,
      supernetTop1: z.number().nullable(),
    }),
  ),
});

export const searchJobStateSchema = z.discriminatedUnion('phase', [
  searchStateSchema,
  z.strictObject({ phase: z.literal('training'), outcome: searchOutcomeSchema, training: trainingStateSchema }),
]);

export type CurvePoint = z.infer<typeof curvePointSchema>;
export type SearchState = z.infer<typeof searchStateSchema>;
export type SearchOutcome = z.infer<typeof searchOutcomeSchema>;
export type SearchJobState = z.infer<typeof searchJobStateSchema>;
