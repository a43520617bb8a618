/** @file One message to one address, written with the change it tells of and sent until it arrived or was given up. */
import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { idCheck, instant, oneOf, tenantId } from './columns.ts';
import { webhooks } from './webhooks.ts';

export const deliveryStates = ['pending', 'delivered', 'given-up'] as const;

export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    webhookId: text().notNull(),
    /** e.g. `search.succeeded` */
    event: text().notNull(),
    searchId: text().notNull(),
    body: jsonb().$type<Record<string, unknown>>().notNull(),
    state: text({ enum: deliveryStates }).notNull(),
    tries: integer().notNull().default(0),
    /** of the last try: HTTP status, or what went wrong */
    lastStatus: integer(),
    lastError: text(),
    nextTryAt: instant(),
    createdAt: instant().notNull(),
    deliveredAt: instant(),
  },
  (table) => [
    idCheck('webhook_deliveries_id', table.id, 'whd'),
    oneOf('webhook_deliveries_state', table.state, deliveryStates),
    check('webhook_deliveries_tries', sql`${table.tries} >= 0`),
    check('webhook_deliveries_next', sql`(${table.state} = 'pending') = (${table.nextTryAt} is not null)`),
    check('webhook_deliveries_done', sql`(${table.state} = 'delivered') = (${table.deliveredAt} is not null)`),
    foreignKey({
      name: 'webhook_deliveries_webhook',
      columns: [table.tenantId, table.webhookId],
      foreignColumns: [webhooks.tenantId, webhooks.id],
    }).onDelete('cascade'),
    unique('webhook_deliveries_once').on(table.webhookId, table.searchId, table.event),
    index('webhook_deliveries_due').on(table.nextTryAt).where(sql`${table.state} = 'pending'`),
  ],
);
