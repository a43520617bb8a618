/** @file API keys. The key itself is shown once and kept nowhere. */
import { sql } from 'drizzle-orm';
import { check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { idCheck, instant, sha256Check, tenantId } from './columns.ts';

export const keyScopes = ['predict', 'search', 'admin'] as const;
export type KeyScope = (typeof keyScopes)[number];

export const keys = pgTable(
  'keys',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    name: text().notNull(),
    /** the key's first characters, to find it and to show which it is */
    prefix: text().notNull().unique(),
    sha256: text().notNull().unique(),
    scopes: text().array().$type<KeyScope[]>().notNull(),
    createdAt: instant().notNull(),
    lastUsedAt: instant(),
    revokedAt: instant(),
  },
  (table) => [
    idCheck('keys_id', table.id, 'key'),
    sha256Check('keys_sha256', table.sha256),
    check(
      'keys_scopes',
      sql`cardinality(${table.scopes}) > 0 and ${table.scopes} <@ array['predict', 'search', 'admin']::text[]`,
    ),
    index('keys_tenant').on(table.tenantId, table.id),
  ],
);
