/** @file A search space as data: stages and the candidates of each choice block. */
import { z } from 'zod';

/**
 * What is built from a space grows with these, before anything is trained: no network is near them, and no request can
 * ask for more than a moment's work.
 */
const channels = z.number().int().positive().max(100_000);
const mostBlocksOfStage = 50;
const mostStages = 30;
const mostCandidates = 50;
const mostExpansion = 100;
const mostPixels = 4096;
const kernel = z.union([z.literal(3), z.literal(5), z.literal(7)]);
const stride = z.union([z.literal(1), z.literal(2)]);

export const candidateSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('mbconv'), kernel, expansion: z.number().positive().max(mostExpansion) }),
  z.strictObject({ op: z.literal('zero') }),
]);

export const stageSchema = z.strictObject({
  width: channels,
  depth: z.number().int().positive().max(mostBlocksOfStage),
  /** stride of the stage's first block; the others have stride 1 */
  stride,
  /** overrides the space's candidates in this stage */
  candidates: z.array(candidateSchema).min(1).max(mostCandidates).optional(),
});

export const spaceSchema = z.strictObject({
  format: z.literal('fastpath.space/1'),
  name: z
    .string()
    .max(100)
    .regex(/^[a-z0-9][a-z0-9-]*$/),
  /** default input side in pixels */
  resolution: z.number().int().positive().max(mostPixels),
  stem: z.strictObject({ kernel: z.literal(3), stride, channels }),
  /** the fixed MBConv (expansion 1, stride 1, no shortcut) behind the stem */
  first: z.strictObject({ kernel, channels }),
  stages: z.array(stageSchema).min(1).max(mostStages),
  /** candidates of every choice block; `zero` applies only where stride is 1 and widths are equal */
  candidates: z.array(candidateSchema).min(1).max(mostCandidates),
  head: z.strictObject({ channels }),
});

export type Candidate = z.infer<typeof candidateSchema>;
export type SearchSpace = z.infer<typeof spaceSchema>;
