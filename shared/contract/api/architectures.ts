/** @file `/v1/architectures`: what searches found, with files. */
import { z } from 'zod';
import { architectureSchema } from '../architecture.ts';
import { idSchema, timeSchema } from './common.ts';

export const architectureIdSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .meta({ description: 'Hash of the canonical architecture JSON.', example: '0123456789abcdef' });

export const namedFileSchema = z.strictObject({
  name: z.string().meta({ description: 'Under `/v1/architectures/{id}/files/`.', example: 'weights.safetensors' }),
  bytes: z.int().min(0),
});

export const foundArchitectureSchema = z
  .strictObject({
    id: architectureIdSchema,
    searchId: idSchema('srch', 'search that found it'),
    role: z
      .enum(['result', 'pareto'])
      .meta({ description: '`result`: what the search was for. `pareto`: found beside it, without weights.' }),
    architecture: architectureSchema.meta({
      id: 'Architecture',
      description: 'A network as self-contained JSON: resolution, classes, stem, blocks, head.',
    }),
    macs: z.int().meta({ description: 'Multiply-adds of convolutions and the classifier, one image.' }),
    parameters: z.int().meta({ description: 'Trainable numbers.' }),
    metrics: z.looseObject({}).meta({ description: 'Accuracy, predicted latency and how the search went.' }),
    files: z.array(namedFileSchema).meta({ description: 'Weights, exports and pictures; none for `pareto`.' }),
    createdAt: timeSchema,
  })
  .meta({ id: 'FoundArchitecture' });

export const fileNameSchema = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/)
  .meta({ description: 'A name from `files`; write `/` in it as `%2F`.', example: 'weights.safetensors' });

export type NamedFile = z.infer<typeof namedFileSchema>;
export type FoundArchitecture = z.infer<typeof foundArchitectureSchema>;
