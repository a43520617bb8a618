/** @file A short code for a phone, swapped at its first use for a token bound to one hardware. */
import { sql } from 'drizzle-orm';
import { check, foreignKey, index, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { idCheck, instant, sha256Check, tenantId } from './columns.ts';
import { hardware } from './hardware.ts';

export const measurementSessions = pgTable(
  'measurement_sessions',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    codeSha256: text().notNull().unique(),
    codeExpiresAt: instant().notNull(),
    tokenSha256: text().unique(),
    hardwareId: text(),
    swappedAt: instant(),
    endedAt: instant(),
    createdAt: instant().notNull(),
  },
  (table) => [
    idCheck('measurement_sessions_id', table.id, 'ms'),
    sha256Check('measurement_sessions_code', table.codeSha256),
    sha256Check('measurement_sessions_token', table.tokenSha256),
    check(
      'measurement_sessions_swapped',
      sql`num_nonnulls(${table.tokenSha256}, ${table.hardwareId}, ${table.swappedAt}) in (0, 3)`,
    ),
    foreignKey({
      name: 'measurement_sessions_hardware',
      columns: [table.tenantId, table.hardwareId],
      foreignColumns: [hardware.tenantId, hardware.id],
    }).onDelete('cascade'),
    unique('measurement_sessions_bound').on(table.tenantId, table.hardwareId, table.id),
    index('measurement_sessions_tenant').on(table.tenantId, table.createdAt),
  ],
);
