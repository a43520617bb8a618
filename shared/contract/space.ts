/** @file A search space as data: stages and the candidates of each choice block. */
import { z } from 'zod';

const count = z.number().int().positive();
const kernel = z.union([z.literal(3), z.literal(5), z.literal(7)]);
const stride = z.union([z.literal(1), z.literal(2)]);

export const candidateSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('mbconv'), kernel, expansion: z.number().positive() }),
  z.strictObject({ op: z.literal('zero') }),
]);

export const stageSchema = z.strictObject({
  width: count,
  depth: count,
  /** stride of the stage's first block; the others have stride 1 */
  stride,
  /** overrides the space's candidates in this stage */
  candidates: z.array(candidateSchema).min(1).optional(),
});

export const spaceSchema = z.strictObject({
  format: z.literal('fastpath.space/1'),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  /** default input side in pixels */
  resolution: count,
  stem: z.strictObject({ kernel: z.literal(3), stride, channels: count }),
  /** the fixed MBConv (expansion 1, stride 1, no shortcut) behind the stem */
  first: z.strictObject({ kernel, channels: count }),
  stages: z.array(stageSchema).min(1),
  /** candidates of every choice block; `zero` applies only where stride is 1 and widths are equal */
  candidates: z.array(candidateSchema).min(1),
  head: z.strictObject({ channels: count }),
});

export type Candidate = z.infer<typeof candidateSchema>;
export type SearchSpace = z.infer<typeof spaceSchema>;
