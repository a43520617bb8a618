/** @file Who owns and pays. A deleted tenant keeps this row without its name: its ledger names it. */
import { sql } from 'drizzle-orm';
import { bigint, check, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export { localTenant, publicTenant } from '../../contract/tenants.ts';

export const tenants = pgTable(
  'tenants',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    /** most that may be spent and reserved in a calendar month (UTC); null: no limit but the credit */
    monthlyLimitMicroUsd: bigint({ mode: 'number' }),
    createdAt: timestamp({ withTimezone: true, mode: 'date', precision: 3 }).notNull(),
    deletedAt: timestamp({ withTimezone: true, mode: 'date', precision: 3 }),
  },
  (table) => [
    check('tenants_id', sql`${table.id} in ('local', 'public') or ${table.id} ~ '^tn_[0-9a-hjkmnp-tv-z]{26}$'`),
    check('tenants_monthly_limit', sql`${table.monthlyLimitMicroUsd} >= 0`),
  ],
);
