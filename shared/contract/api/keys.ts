/** @file `/v1/keys`: API keys of the tenant. */
import { z } from 'zod';
import { exampleId, idSchema, pageSchema, textSchema, timeSchema } from './common.ts';

export const scopeSchema = z.enum(['predict', 'search', 'admin']);

const scopesSchema = z
  .array(scopeSchema)
  .min(1)
  .max(3)
  .meta({
    description:
      '`predict`: latency, and hardware to read. `search`: hardware to measure, data sets, orders, searches, ' +
      'architectures, usage. `admin`: all of that, and keys, webhooks and credit.',
    example: ['search', 'predict'],
  });
const nameSchema = textSchema(100).meta({ description: 'For people.', example: 'training cluster' });

export const createKeySchema = z
  .strictObject({ name: nameSchema, scopes: scopesSchema })
  .meta({ id: 'CreateKey', example: { name: 'training cluster', scopes: ['search', 'predict'] } });

export const keySchema = z
  .strictObject({
    id: idSchema('key', 'key'),
    name: nameSchema,
    prefix: z.string().meta({ description: "The key's first characters, to tell keys apart.", example: 'fp_4q7x2m9k' }),
    scopes: scopesSchema,
    createdAt: timeSchema,
    lastUsedAt: timeSchema.nullable().meta({ description: 'To the minute or so; null: never.' }),
    revokedAt: timeSchema.nullable().meta({ description: 'null while it is valid.' }),
  })
  .meta({
    id: 'Key',
    description: 'An API key as it is kept: the key itself is shown once, when it is made.',
    example: {
      id: exampleId('key'),
      name: 'training cluster',
      prefix: 'fp_4q7x2m9k',
      scopes: ['search', 'predict'],
      createdAt: '2026-11-24T20:21:55.000Z',
      lastUsedAt: null,
      revokedAt: null,
    },
  });

export const createdKeySchema = keySchema
  .extend({
    secret: z.string().meta({
      description: 'The key itself, for `Authorization: Bearer …`. It is shown this once and kept nowhere.',
      example: 'fp_4q7x2m9k_…',
    }),
  })
  .meta({ id: 'CreatedKey', description: 'The new key, with the secret that is shown this once.', example: undefined });

export const keyPageSchema = pageSchema(keySchema).meta({ id: 'KeyPage' });

export type CreateKey = z.infer<typeof createKeySchema>;
export type Key = z.infer<typeof keySchema>;
export type CreatedKey = z.infer<typeof createdKeySchema>;
