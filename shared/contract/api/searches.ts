/** @file `/v1/searches`: their state, cost and progress. */
import { z } from 'zod';
import { searchStates } from '../../search-state/search-state.ts';
import { progressRecordSchema } from '../progress.ts';
import { exampleId, idSchema, pageQuerySchema, pageSchema, timeSchema, usdSchema } from './common.ts';

export const attemptSchema = z
  .strictObject({
    n: z.int().min(1).meta({ description: 'From 1.', example: 1 }),
    startedAt: timeSchema.nullable(),
    stoppedAt: timeSchema.nullable().meta({ description: 'null while it runs.' }),
    exitReason: z.string().nullable().meta({ description: 'Why it ended, in words.' }),
    computeSeconds: z.number().nullable().meta({ description: 'Between start and stop; null while it runs.' }),
    instanceType: z.string().nullable(),
    pricePerHourUsd: usdSchema.nullable(),
  })
  .meta({ id: 'Attempt', description: 'One execution on one machine; a lost machine makes another one.' });

export const searchStateSchema = z.enum(searchStates).meta({
  description:
    '`queued → submitted → searching → training → succeeded`, or `failed`, `cancelled`, or `stopped` (cost limit ' +
    'reached: the best architecture so far is kept).',
});

export const searchSchema = z
  .strictObject({
    id: idSchema('srch', 'search'),
    orderId: idSchema('ord', 'order it belongs to'),
    kind: z.enum(['search', 'warm-up']).meta({
      description:
        '`warm-up`: what the searches of a sweep begin with; it has no constraints and finds no architecture.',
    }),
    state: searchStateSchema,
    reason: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .meta({ description: 'Why it failed or stopped; null otherwise.' }),
    constraints: z
      .strictObject({
        hardware: z.array(z.strictObject({ id: z.string(), budgetMs: z.number() })),
        maxParameters: z.int().optional(),
        maxMacs: z.int().optional(),
        maxPeakActivationBytes: z.int().optional(),
        exclude: z.array(z.string()).optional(),
      })
      .meta({ description: 'What the network must keep to.' }),
    seed: z.int().nullable().meta({ description: 'null for searches from before seeds were kept.', example: 0 }),
    maxCostUsd: usdSchema,
    warmStartFrom: z.string().nullable(),
    architectureId: z
      .string()
      .nullable()
      .meta({ description: 'What it found: `GET /v1/architectures/{id}`.', example: '0123456789abcdef' }),
    createdAt: timeSchema,
    startedAt: timeSchema.nullable(),
    endedAt: timeSchema.nullable(),
  })
  .meta({
    id: 'Search',
    example: {
      id: exampleId('srch'),
      orderId: exampleId('ord'),
      kind: 'search',
      state: 'searching',
      reason: null,
      constraints: { hardware: [{ id: 'amd-epyc-zen4-ort-1t', budgetMs: 0.6 }] },
      seed: 0,
      maxCostUsd: 5,
      warmStartFrom: null,
      architectureId: null,
      createdAt: '2026-11-24T20:21:55.000Z',
      startedAt: '2026-11-24T20:22:10.000Z',
      endedAt: null,
    },
  });

export const searchDetailSchema = searchSchema
  .extend({ attempts: z.array(attemptSchema) })
  .meta({ id: 'SearchDetail', description: 'A search with its attempts.', example: undefined });

export const searchPageSchema = pageSchema(searchSchema).meta({ id: 'SearchPage' });

export const searchQuerySchema = pageQuerySchema.extend({
  state: searchStateSchema.optional(),
  orderId: idSchema('ord', 'order').optional(),
});

export const progressQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(-1).max(Number.MAX_SAFE_INTEGER).default(-1).meta({
    description: 'Id of the last record you have; -1 for all of them.',
    example: -1,
  }),
  limit: z.coerce.number().int().min(1).max(1000).default(200).meta({ description: 'Most records in one answer.' }),
});

export const recordSchema = progressRecordSchema.meta({
  id: 'ProgressRecord',
  description:
    'One report of the worker. `step` counts weight steps over all phases; losses are in nats; `probabilities` has a ' +
    'row for each choice block on records that follow an architecture step.',
});

export const progressSchema = z
  .strictObject({
    state: searchStateSchema,
    records: z.array(recordSchema),
    next: z.int().meta({ description: '`after` of the next call.', example: 1000128 }),
  })
  .meta({ id: 'Progress', description: 'Records after the given one, in order; call again with `next`.' });

/** Of the stream, one event at a time: what stands behind `data:` is JSON. */
export const streamEventSchema = z
  .object({
    id: z.string().optional().meta({ description: "A record's id, for Last-Event-ID.", example: '1000128' }),
    event: z.string().meta({ description: '`progress` or `state`.', example: 'progress' }),
    data: z.string().meta({ description: 'JSON: a ProgressRecord, or the state of the search.' }),
  })
  .meta({ id: 'StreamEvent', description: 'One server-sent event.' });

export type Attempt = z.infer<typeof attemptSchema>;
export type Search = z.infer<typeof searchSchema>;
export type SearchDetail = z.infer<typeof searchDetailSchema>;
export type Progress = z.infer<typeof progressSchema>;
