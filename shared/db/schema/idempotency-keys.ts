/** @file Answers to requests that create something, so that the same request sent again gets the same answer. */
import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, sha256Check, tenantId } from './columns.ts';

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    tenantId: tenantId(),
    key: text().notNull(),
    /** e.g. `POST /v1/orders` */
    route: text().notNull(),
    requestSha256: text().notNull(),
    /** null while the first request is under way */
    status: integer(),
    body: jsonb().$type<Record<string, unknown>>(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.key] }),
    sha256Check('idempotency_keys_request', table.requestSha256),
    check('idempotency_keys_key', sql`length(${table.key}) between 1 and 255`),
    check('idempotency_keys_answer', sql`(${table.status} is null) = (${table.body} is null)`),
    check('idempotency_keys_expiry', sql`${table.expiresAt} > ${table.createdAt}`),
    index('idempotency_keys_expires').on(table.expiresAt),
  ],
);
