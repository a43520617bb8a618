/** @file One supernet run for one hardware and budget, or for one joint set of them. */
import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { idCheck, instant, microUsd, oneOf, sha256Check, tenantId } from './columns.ts';
import { orders } from './orders.ts';

export const searchStates = [
  'queued',
  'submitted',
  'searching',
  'training',
  'succeeded',
  'failed',
  'cancelled',
  'stopped',
] as const;
export type SearchState = (typeof searchStates)[number];

/** `warm-up`: what the searches of a sweep share; it finds no architecture */
export const searchKinds = ['search', 'warm-up'] as const;

/** What the search must keep to, for lists and mails; the job spec has the whole. */
export interface SearchConstraints {
  hardware: { id: string; budgetMs: number }[];
  maxParameters?: number;
  maxMacs?: number;
  maxPeakActivationBytes?: number;
  exclude?: string[];
}

export const searches = pgTable(
  'searches',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    orderId: text().notNull(),
    kind: text({ enum: searchKinds }).notNull().default('search'),
    /** which child of its order's array job it is; null: it has a job of its own */
    arrayIndex: integer(),
    /** null: of before it was kept here */
    seed: bigint({ mode: 'number' }),
    specSha256: text().notNull(),
    state: text({ enum: searchStates }).notNull(),
    reasonCode: text(),
    reasonMessage: text(),
    constraints: jsonb().$type<SearchConstraints>().notNull(),
    /** the queue's; of a child of an array `{parent}:{index}` */
    jobId: text(),
    /** who may submit it, and until when */
    leaseOwner: text(),
    leaseUntil: instant(),
    maxCostMicroUsd: microUsd().notNull(),
    /** an earlier search whose weights it starts from; null also once that one was deleted */
    warmStartFrom: text(),
    /** id of the architecture it found */
    architectureId: text(),
    /** asked for by the customer while a job runs */
    cancelRequestedAt: instant(),
    createdAt: instant().notNull(),
    startedAt: instant(),
    endedAt: instant(),
    /** when checkpoints and progress went, some time after its end */
    detailsRemovedAt: instant(),
    /** goes up by one with each change */
    version: integer().notNull().default(1),
  },
  (table) => [
    idCheck('searches_id', table.id, 'srch'),
    oneOf('searches_state', table.state, searchStates),
    oneOf('searches_kind', table.kind, searchKinds),
    check(
      'searches_array',
      sql`${table.arrayIndex} >= 0 and (${table.arrayIndex} is null or ${table.kind} = 'search')`,
    ),
    sha256Check('searches_spec', table.specSha256),
    check('searches_max_cost', sql`${table.maxCostMicroUsd} > 0`),
    check('searches_lease', sql`(${table.leaseOwner} is null) = (${table.leaseUntil} is null)`),
    check(
      'searches_ended',
      sql`(${table.state} in ('succeeded', 'failed', 'cancelled', 'stopped')) = (${table.endedAt} is not null)`,
    ),
    check('searches_job', sql`${table.state} in ('queued', 'cancelled', 'failed') or ${table.jobId} is not null`),
    check(
      'searches_architecture',
      sql`${table.state} <> 'succeeded' or (${table.kind} = 'search') = (${table.architectureId} is not null)`,
    ),
    check('searches_reason', sql`${table.state} <> 'failed' or ${table.reasonCode} is not null`),
    check('searches_warm_start', sql`${table.warmStartFrom} <> ${table.id}`),
    foreignKey({
      name: 'searches_order',
      columns: [table.tenantId, table.orderId],
      foreignColumns: [orders.tenantId, orders.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'searches_warm_start_from',
      columns: [table.tenantId, table.warmStartFrom],
      foreignColumns: [table.tenantId, table.id],
    }).onDelete('set null'),
    unique('searches_tenant_id').on(table.tenantId, table.id),
    unique('searches_job_id').on(table.jobId),
    index('searches_tenant').on(table.tenantId, table.createdAt),
    index('searches_order_id').on(table.orderId),
    uniqueIndex('searches_order_child').on(table.orderId, table.arrayIndex),
    uniqueIndex('searches_order_warm_up').on(table.orderId).where(sql`${table.kind} = 'warm-up'`),
    index('searches_detailed').on(table.endedAt).where(sql`${table.detailsRemovedAt} is null`),
    index('searches_unfinished').on(table.state, table.createdAt).where(sql`${table.endedAt} is null`),
  ],
);
