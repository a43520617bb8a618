/**
 * @file The ledger: each row moves an amount from one account of a tenant to another, so debits equal credits by
 * construction. Rows are only ever added; a trigger carries each into `credit_balances` and `credit_reservations`, whose
 * checks refuse what is not covered. No foreign key leads to orders and searches: the ledger outlives them.
 */
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant, microUsd, tenantId } from './columns.ts';

/** `funding`: what came in, `available`: free to use, `reserved`: for open orders, `spent`: for compute */
export const creditAccounts = ['funding', 'available', 'reserved', 'spent'] as const;
export const creditKinds = ['top-up', 'reserve', 'charge', 'release', 'refund'] as const;
export type CreditKind = (typeof creditKinds)[number];

export const creditEntries = pgTable(
  'credit_entries',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: tenantId(),
    kind: text({ enum: creditKinds }).notNull(),
    fromAccount: text({ enum: creditAccounts }).notNull(),
    toAccount: text({ enum: creditAccounts }).notNull(),
    amountMicroUsd: microUsd().notNull(),
    /** of a top-up: the operator's name for it, which is booked once */
    reference: text(),
    orderId: text(),
    searchId: text(),
    attempt: integer(),
    at: instant().notNull(),
  },
  (table) => [
    check('credit_entries_amount', sql`${table.amountMicroUsd} > 0`),
    check(
      'credit_entries_accounts',
      sql`(${table.kind}, ${table.fromAccount}, ${table.toAccount}) in (('top-up', 'funding', 'available'), ('reserve', 'available', 'reserved'), ('charge', 'reserved', 'spent'), ('release', 'reserved', 'available'), ('refund', 'spent', 'reserved'), ('refund', 'spent', 'available'))`,
    ),
    check(
      'credit_entries_columns',
      sql`case ${table.kind}
        when 'top-up' then ${table.reference} is not null and num_nonnulls(${table.orderId}, ${table.searchId}, ${table.attempt}) = 0
        when 'charge' then ${table.reference} is null and num_nonnulls(${table.orderId}, ${table.searchId}, ${table.attempt}) = 3
        when 'refund' then ${table.reference} is null and num_nonnulls(${table.orderId}, ${table.searchId}) = 2 and ${table.attempt} is null
        else ${table.orderId} is not null and num_nonnulls(${table.reference}, ${table.searchId}, ${table.attempt}) = 0
      end`,
    ),
    uniqueIndex('credit_entries_top_up').on(table.tenantId, table.reference).where(sql`${table.kind} = 'top-up'`),
    uniqueIndex('credit_entries_once_an_order')
      .on(table.orderId, table.kind)
      .where(sql`${table.kind} in ('reserve', 'release')`),
    uniqueIndex('credit_entries_charge').on(table.searchId, table.attempt).where(sql`${table.kind} = 'charge'`),
    uniqueIndex('credit_entries_refund').on(table.searchId).where(sql`${table.kind} = 'refund'`),
    index('credit_entries_tenant').on(table.tenantId, table.id),
  ],
);
