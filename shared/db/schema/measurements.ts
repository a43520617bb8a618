/** @file One timed block or network. `item` is the sender's name for it: sent twice, it is kept once. */
import { sql } from 'drizzle-orm';
import {
  check,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';
import { instant, oneOf, tenantId } from './columns.ts';
import { hardware } from './hardware.ts';
import { measurementSessions } from './measurement-sessions.ts';

export const measurementKinds = ['block', 'network'] as const;

export const measurements = pgTable(
  'measurements',
  {
    tenantId: tenantId(),
    hardwareId: text().notNull(),
    item: text().notNull(),
    /** which of the hardware's uploads brought it, from 1 */
    upload: integer().notNull(),
    /** null: sent with an API key */
    sessionId: text(),
    kind: text({ enum: measurementKinds }).notNull(),
    latencyUs: doublePrecision().notNull(),
    spreadUs: doublePrecision().notNull(),
    /** visits timed */
    count: integer().notNull(),
    /** what was timed, as a row of the latency table */
    body: jsonb().$type<Record<string, unknown>>().notNull(),
    measuredAt: instant().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.hardwareId, table.item] }),
    oneOf('measurements_kind', table.kind, measurementKinds),
    index('measurements_upload').on(table.tenantId, table.hardwareId, table.upload, table.item),
    check(
      'measurements_numbers',
      sql`${table.latencyUs} between 0 and 1e12 and ${table.spreadUs} between 0 and 1e12 and ${table.count} > 0`,
    ),
    foreignKey({
      name: 'measurements_hardware',
      columns: [table.tenantId, table.hardwareId],
      foreignColumns: [hardware.tenantId, hardware.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'measurements_session',
      columns: [table.tenantId, table.hardwareId, table.sessionId],
      foreignColumns: [measurementSessions.tenantId, measurementSessions.hardwareId, measurementSessions.id],
    }).onDelete('cascade'),
  ],
);
