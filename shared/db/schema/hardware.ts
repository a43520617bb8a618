/** @file A device with its runtime, batch size and precision. Public ones belong to the tenant `public`. */
import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
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
    /** how many uploads brought measurements; the model holds those up to `uploadsFitted` */
    uploads: integer().notNull().default(0),
    uploadsFitted: integer().notNull().default(0),
    /** why the last fit made no model; null: it made one, or there was none */
    problemCode: text(),
    problemMessage: text(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    check('hardware_id', sql`${table.id} ~ '^[a-z0-9][a-z0-9-]*$'`),
    check('hardware_counts', sql`${table.batchSize} > 0 and ${table.threads} > 0`),
    check('hardware_uploads', sql`${table.uploadsFitted} between 0 and ${table.uploads}`),
    check('hardware_problem', sql`num_nonnulls(${table.problemCode}, ${table.problemMessage}) in (0, 2)`),
    oneOf('hardware_precision', table.precision, precisions),
    index('hardware_waiting').on(table.createdAt).where(sql`${table.uploads} > ${table.uploadsFitted}`),
  ],
);
