/** @file Architectures that searches found: one row a search, so that deleting one search keeps what another found too. */
import { sql } from 'drizzle-orm';
import { bigint, check, foreignKey, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { Architecture } from '../../contract/architecture.ts';
import { instant, oneOf, tenantId } from './columns.ts';
import { searches } from './searches.ts';

/** `result`: what the search was for, with weights; `pareto`: beside it, without */
export const architectureRoles = ['result', 'pareto'] as const;

export const architectures = pgTable(
  'architectures',
  {
    tenantId: tenantId(),
    /** hash of the canonical JSON */
    id: text().notNull(),
    searchId: text().notNull(),
    role: text({ enum: architectureRoles }).notNull(),
    body: jsonb().$type<Architecture>().notNull(),
    macs: bigint({ mode: 'number' }).notNull(),
    parameters: bigint({ mode: 'number' }).notNull(),
    /** the search's metrics.json; of a Pareto point its line there */
    metrics: jsonb().$type<Record<string, unknown>>().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id, table.searchId] }),
    check('architectures_id', sql`${table.id} ~ '^[0-9a-f]{16}$'`),
    check('architectures_counts', sql`${table.macs} >= 0 and ${table.parameters} >= 0`),
    oneOf('architectures_role', table.role, architectureRoles),
    foreignKey({
      name: 'architectures_search',
      columns: [table.tenantId, table.searchId],
      foreignColumns: [searches.tenantId, searches.id],
    }).onDelete('cascade'),
    index('architectures_of_search').on(table.searchId),
  ],
);
