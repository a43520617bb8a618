/**
 * @file What `POST /v1/latency` takes. The service itself checks by hand (`functions/predict/validate.ts`), to start fast
 * and stay small; a property test holds the two together, to the last word of what they say about bad input.
 */
import { z } from 'zod';
import { architectureSchema, mbconvBlockSchema } from './architecture.ts';
import { latencyLimits as limits } from './latency-limits.ts';

const count = z.number().int().positive().max(limits.number);

const blockSchema = mbconvBlockSchema.extend({
  expansion: z.number().positive().max(limits.number),
  in: count,
  out: count,
});

const { shape } = architectureSchema;

/** An architecture from anybody; that its blocks fit one another and the resolution is checked after this schema. */
export const boundedArchitectureSchema = architectureSchema.extend({
  resolution: count,
  classes: z.number().int().min(2).max(limits.number),
  stem: shape.stem.extend({ channels: count }),
  blocks: z.array(blockSchema).min(1).max(limits.blocks),
  head: shape.head.extend({ channels: count }),
});

export const namedHardwareSchema = z.string().min(1).max(limits.hardwareIdCharacters);

export const latencyRequestSchema = z.strictObject({
  architectures: z.array(boundedArchitectureSchema).min(1).max(limits.architectures),
  /** ids */
  hardware: z.array(namedHardwareSchema).min(1).max(limits.hardware),
  /** every part's latency beside the whole network's; false when absent */
  blocks: z.boolean().optional(),
  /** `lowMs` and `highMs`; true when absent */
  interval: z.boolean().optional(),
  /** architectures by their id in the answer, rather than by their place in the request; false when absent */
  ids: z.boolean().optional(),
});

export type LatencyRequest = z.infer<typeof latencyRequestSchema>;
