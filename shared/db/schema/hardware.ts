/** @file A device with its runtime, batch size and precision. Public ones belong to the tenant `public`. */
import { sql } from 'drizzle-orm';
import { check, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, oneOf, tenantId } from './columns.ts';

export const precisions = ['fp32', 'fp16', 'int8'] as const;

export const hardware = pgTable(
  'hardware',
  {
    tenantId: tenantId(),
    id: text().notNull(),
    name: text().notNull(),
    device: text().notNull(),
    runtime: text().notNull(),
    batchSize: integer().notNull(),
    precision: text({ enum: precisions }).notNull(),
    threads: integer().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    check('hardware_id', sql`${table.id} ~ '^[a-z0-9][a-z0-9-]*$'`),
    check('hardware_counts', sql`${table.batchSize} > 0 and ${table.threads} > 0`),
    oneOf('hardware_precision', table.precision, precisions),
  ],
);
