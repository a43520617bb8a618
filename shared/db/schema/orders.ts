/** @file What a customer buys. Its credit is reserved as long as it is open. */
import { sql } from 'drizzle-orm';
import { check, foreignKey, index, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { idCheck, instant, microUsd, oneOf, sha256Check, tenantId } from './columns.ts';
import { dataSets } from './data-sets.ts';

export const orderStates = ['open', 'closed'] as const;

export const orders = pgTable(
  'orders',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    /** null once the data set was deleted; `request` still names it */
    dataSetId: text(),
    /** as it was asked for */
    request: jsonb().$type<Record<string, unknown>>().notNull(),
    state: text({ enum: orderStates }).notNull(),
    /** of what says which child of the order's array job takes which search; null: each has a job of its own */
    jobListSha256: text(),
    maxCostMicroUsd: microUsd().notNull(),
    estimatedCostMicroUsd: microUsd().notNull(),
    createdAt: instant().notNull(),
    closedAt: instant(),
  },
  (table) => [
    idCheck('orders_id', table.id, 'ord'),
    oneOf('orders_state', table.state, orderStates),
    check('orders_costs', sql`${table.maxCostMicroUsd} > 0 and ${table.estimatedCostMicroUsd} >= 0`),
    sha256Check('orders_job_list', table.jobListSha256),
    check('orders_closed', sql`(${table.state} = 'closed') = (${table.closedAt} is not null)`),
    foreignKey({
      name: 'orders_data_set',
      columns: [table.tenantId, table.dataSetId],
      foreignColumns: [dataSets.tenantId, dataSets.id],
    }).onDelete('set null'),
    unique('orders_tenant_id').on(table.tenantId, table.id),
    index('orders_tenant').on(table.tenantId, table.createdAt),
  ],
);
