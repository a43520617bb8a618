/** @file `POST /v1/architectures/compare`. */
import { z } from 'zod';
import { comparisonSchema } from '../comparison.ts';
import { boundedArchitectureSchema, namedHardwareSchema } from '../latency-request.ts';
import { architectureIdSchema } from './architectures.ts';
import { latencyBodySchema } from './latency.ts';

const mostNetworks = 50;
const mostHardware = 10;

export const comparisonRequestSchema = z
  .strictObject({
    ids: z.array(architectureIdSchema).max(mostNetworks).default([]).meta({
      description: 'Networks that your searches found.',
    }),
    architectures: z.array(boundedArchitectureSchema).max(mostNetworks).default([]).meta({
      description: 'Any other networks; they stand behind those with an id.',
    }),
    hardware: z.array(namedHardwareSchema).min(1).max(mostHardware),
    baselines: z.boolean().default(true).meta({
      description:
        "MobileNetV2 in several widths and published networks, for the first network's input side and classes.",
    }),
    picture: z.boolean().default(false).meta({ description: 'Also draws it.' }),
  })
  .refine(({ ids, architectures }) => ids.length + architectures.length > 0, {
    path: ['architectures'],
    message: 'names no network: give one here or in ids',
  })
  .meta({
    id: 'ComparisonRequest',
    example: { ...(latencyBodySchema.meta()!.example as object), picture: true },
  });

export const comparisonAnswerSchema = comparisonSchema
  .extend({ picture: z.string().nullable().meta({ description: 'SVG; null where it was not asked for.' }) })
  .meta({ id: 'Comparison' });

export type ComparisonRequest = z.infer<typeof comparisonRequestSchema>;
export type ComparisonInput = z.input<typeof comparisonRequestSchema>;
export type ComparisonAnswer = z.infer<typeof comparisonAnswerSchema>;
