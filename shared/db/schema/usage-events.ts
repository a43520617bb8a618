/**
 * @file What was used, each once: predictions by the (instance, sequence) of their batch, GPU-seconds by attempt, stored
 * bytes by day. Kept when the search is deleted, so no foreign key leads there.
 */
import { sql } from 'drizzle-orm';
import { bigint, check, date, index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant, microUsd, oneOf, seconds, tenantId } from './columns.ts';

export const usageKinds = ['predictions', 'gpu-seconds', 'storage'] as const;
export type UsageKind = (typeof usageKinds)[number];

export const usageEvents = pgTable(
  'usage_events',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: tenantId(),
    kind: text({ enum: usageKinds }).notNull(),
    at: instant().notNull(),
    /** of `predictions`: which process counted, and its how-manieth batch it was */
    instance: text(),
    sequence: bigint({ mode: 'number' }),
    predictions: bigint({ mode: 'number' }),
    /** of `gpu-seconds` */
    searchId: text(),
    attempt: integer(),
    gpuSeconds: seconds(),
    /** of `storage`: bytes held on that day (UTC) */
    day: date({ mode: 'string' }),
    bytes: bigint({ mode: 'number' }),
    /** what it was charged */
    costMicroUsd: microUsd().notNull(),
  },
  (table) => [
    oneOf('usage_events_kind', table.kind, usageKinds),
    check(
      'usage_events_columns',
      sql`case ${table.kind}
        when 'predictions' then num_nonnulls(${table.instance}, ${table.sequence}, ${table.predictions}) = 3 and num_nonnulls(${table.searchId}, ${table.attempt}, ${table.gpuSeconds}, ${table.day}, ${table.bytes}) = 0
        when 'gpu-seconds' then num_nonnulls(${table.searchId}, ${table.attempt}, ${table.gpuSeconds}) = 3 and num_nonnulls(${table.instance}, ${table.sequence}, ${table.predictions}, ${table.day}, ${table.bytes}) = 0
        else num_nonnulls(${table.day}, ${table.bytes}) = 2 and num_nonnulls(${table.instance}, ${table.sequence}, ${table.predictions}, ${table.searchId}, ${table.attempt}, ${table.gpuSeconds}) = 0
      end`,
    ),
    check(
      'usage_events_amounts',
      sql`coalesce(${table.predictions}, 1) > 0 and coalesce(${table.gpuSeconds}, 0) >= 0 and coalesce(${table.bytes}, 0) >= 0 and ${table.costMicroUsd} >= 0`,
    ),
    uniqueIndex('usage_events_batch')
      .on(table.instance, table.sequence, table.tenantId)
      .where(sql`${table.kind} = 'predictions'`),
    uniqueIndex('usage_events_attempt').on(table.searchId, table.attempt).where(sql`${table.kind} = 'gpu-seconds'`),
    uniqueIndex('usage_events_day').on(table.tenantId, table.day).where(sql`${table.kind} = 'storage'`),
    index('usage_events_tenant').on(table.tenantId, table.at),
  ],
);
