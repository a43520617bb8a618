/** @file Where a tenant wants to be told of its searches' ends. */

import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { idCheck, instant, tenantId } from './columns.ts';

export const webhooks = pgTable(
  'webhooks',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    url: text().notNull(),
    /** signs each delivery; needed in the clear for that */
    secret: text().notNull(),
    createdAt: instant().notNull(),
    /** set after too many failures in a row */
    disabledAt: instant(),
  },
  (table) => [
    idCheck('webhooks_id', table.id, 'wh'),
    check('webhooks_url', sql`${table.url} ~ '^https?://' and length(${table.url}) <= 2048`),
    unique('webhooks_tenant_id').on(table.tenantId, table.id),
    index('webhooks_tenant').on(table.tenantId, table.createdAt),
  ],
);
