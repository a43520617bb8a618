/** @file What an order holds back: one reservation an order, kept by the ledger's trigger. */
import { sql } from 'drizzle-orm';
import { check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, microUsd, tenantId } from './columns.ts';

export const creditReservations = pgTable(
  'credit_reservations',
  {
    orderId: text().primaryKey(),
    tenantId: tenantId(),
    amountMicroUsd: microUsd().notNull(),
    /** not yet charged or released */
    heldMicroUsd: microUsd().notNull(),
    openedAt: instant().notNull(),
    closedAt: instant(),
  },
  (table) => [
    check('credit_reservations_held', sql`${table.heldMicroUsd} between 0 and ${table.amountMicroUsd}`),
    check('credit_reservations_closed', sql`${table.closedAt} is null or ${table.heldMicroUsd} = 0`),
    index('credit_reservations_open').on(table.tenantId).where(sql`${table.closedAt} is null`),
  ],
);
