/** @file A tenant's accounts as the ledger's trigger keeps them. What came in is always somewhere. */
import { sql } from 'drizzle-orm';
import { check, pgTable, text } from 'drizzle-orm/pg-core';
import { microUsd } from './columns.ts';
import { tenants } from './tenants.ts';

export const creditBalances = pgTable(
  'credit_balances',
  {
    tenantId: text()
      .primaryKey()
      .references(() => tenants.id),
    fundedMicroUsd: microUsd().notNull().default(0),
    availableMicroUsd: microUsd().notNull().default(0),
    reservedMicroUsd: microUsd().notNull().default(0),
    spentMicroUsd: microUsd().notNull().default(0),
  },
  (table) => [
    check('credit_balances_available', sql`${table.availableMicroUsd} >= 0`),
    check('credit_balances_reserved', sql`${table.reservedMicroUsd} >= 0`),
    check('credit_balances_spent', sql`${table.spentMicroUsd} >= 0`),
    check(
      'credit_balances_sum',
      sql`${table.fundedMicroUsd} = ${table.availableMicroUsd} + ${table.reservedMicroUsd} + ${table.spentMicroUsd}`,
    ),
  ],
);
