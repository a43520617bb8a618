/** @file A browser that signed in with an API key; ends with the key. */
import { sql } from 'drizzle-orm';
import { check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, sha256Check, tenantId } from './columns.ts';
import { keys } from './keys.ts';

export const dashboardSessions = pgTable(
  'dashboard_sessions',
  {
    /** SHA-256 of the cookie */
    tokenSha256: text().primaryKey(),
    tenantId: tenantId(),
    keyId: text()
      .notNull()
      .references(() => keys.id, { onDelete: 'cascade' }),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
  },
  (table) => [
    sha256Check('dashboard_sessions_token', table.tokenSha256),
    check('dashboard_sessions_expiry', sql`${table.expiresAt} > ${table.createdAt}`),
    index('dashboard_sessions_expires').on(table.expiresAt),
  ],
);
