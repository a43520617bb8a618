/** @file Which latency models there are; the models themselves lie in the object store and never change. */
import { sql } from 'drizzle-orm';
import { check, foreignKey, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';
import { hardware } from './hardware.ts';

export const latencyModels = pgTable(
  'latency_models',
  {
    tenantId: tenantId(),
    hardwareId: text().notNull(),
    version: text().notNull(),
    objectKey: text().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.hardwareId, table.version] }),
    check('latency_models_version', sql`${table.version} ~ '^[0-9a-f]{16}$'`),
    foreignKey({
      name: 'latency_models_hardware',
      columns: [table.tenantId, table.hardwareId],
      foreignColumns: [hardware.tenantId, hardware.id],
    }).onDelete('cascade'),
    index('latency_models_latest').on(table.tenantId, table.hardwareId, table.createdAt),
  ],
);
