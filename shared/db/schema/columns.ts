/** @file Columns and checks that many tables share. Text with a check stands for enums: the RDS Data API cannot send those. */
import { type Column, type SQL, sql } from 'drizzle-orm';
import { bigint, check, customType, text, timestamp } from 'drizzle-orm/pg-core';
import type { IdPrefix } from '../id.ts';
import { tenants } from './tenants.ts';

export const instant = () => timestamp({ withTimezone: true, mode: 'date', precision: 3 });

/** Whole micro-dollars. */
export const microUsd = () => bigint({ mode: 'number' });

/** Seconds to the millisecond, summed without rounding. The cast is for the RDS Data API, which sends numbers as doubles. */
export const seconds = customType<{ data: number; driverData: string }>({
  dataType: () => 'numeric(15, 3)',
  toDriver: (value) => sql`${value}::numeric`,
  fromDriver: Number,
});

/** The tenant that owns the row. */
export const tenantId = () =>
  text()
    .notNull()
    .references(() => tenants.id);

/** That an id is written as `newId` writes it. */
export function idCheck(name: string, column: Column, prefix: IdPrefix) {
  return check(name, sql`${column} ~ ${literal(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`)}`);
}

export function oneOf(name: string, column: Column, values: readonly string[]) {
  return check(name, sql`${column} in (${sql.join(values.map(literal), sql`, `)})`);
}

export function sha256Check(name: string, column: Column) {
  return check(name, sql`${column} ~ '^[0-9a-f]{64}$'`);
}

/** Text inside a constraint, where no parameters are possible. */
export function literal(text: string): SQL {
  return sql.raw(`'${text.replaceAll("'", "''")}'`);
}
