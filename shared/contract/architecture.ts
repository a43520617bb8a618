/** @file The architecture JSON: a pruned path as self-contained data. Self-contained: it needs no space to be built. */
import { z } from 'zod';

const count = z.number().int().positive();

export const mbconvBlockSchema = z.strictObject({
  op: z.literal('mbconv'),
  kernel: z.union([z.literal(3), z.literal(5), z.literal(7)]),
  /** hidden width = round(in · expansion); no expanding convolution at 1 */
  expansion: z.number().positive(),
  stride: z.union([z.literal(1), z.literal(2)]),
  in: count,
  out: count,
  shortcut: z.boolean(),
});

export const architectureSchema = z.strictObject({
  format: z.literal('fastpath.architecture/1'),
  space: z.string().optional(),
  resolution: count,
  classes: count.min(2),
  stem: z.strictObject({ kernel: z.literal(3), stride: z.union([z.literal(1), z.literal(2)]), channels: count }),
  blocks: z.array(mbconvBlockSchema).min(1),
  head: z.strictObject({ channels: count }),
});

export type MbconvBlock = z.infer<typeof mbconvBlockSchema>;
export type Architecture = z.infer<typeof architectureSchema>;
