/** @file One execution of a search's job on one machine: what is paid for. */
import { sql } from 'drizzle-orm';
import { check, foreignKey, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, microUsd, seconds, tenantId } from './columns.ts';
import { searches } from './searches.ts';

export const attempts = pgTable(
  'attempts',
  {
    tenantId: tenantId(),
    searchId: text().notNull(),
    /** from 1 */
    n: integer().notNull(),
    jobId: text().notNull(),
    startedAt: instant(),
    stoppedAt: instant(),
    exitCode: integer(),
    exitReason: text(),
    /** between start and stop, by the queue's clock */
    gpuSeconds: seconds(),
    instanceType: text(),
    pricePerHourMicroUsd: microUsd(),
  },
  (table) => [
    primaryKey({ columns: [table.searchId, table.n] }),
    check('attempts_n', sql`${table.n} >= 1`),
    check(
      'attempts_times',
      sql`${table.stoppedAt} is null or ${table.startedAt} is null or ${table.stoppedAt} >= ${table.startedAt}`,
    ),
    check(
      'attempts_seconds',
      sql`${table.gpuSeconds} >= 0 and (${table.gpuSeconds} is null or ${table.stoppedAt} is not null)`,
    ),
    check('attempts_price', sql`${table.pricePerHourMicroUsd} >= 0`),
    foreignKey({
      name: 'attempts_search',
      columns: [table.tenantId, table.searchId],
      foreignColumns: [searches.tenantId, searches.id],
    }).onDelete('cascade'),
  ],
);
