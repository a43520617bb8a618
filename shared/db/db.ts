/** @file The database as services see it: the same whichever driver is behind it. */
import type { ExtractTablesWithRelations } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT, PgTransaction } from 'drizzle-orm/pg-core';
import type * as schema from './schema/index.ts';

export type Schema = typeof schema;
export type Db = PgDatabase<PgQueryResultHKT, Schema>;
export type Transaction = PgTransaction<PgQueryResultHKT, Schema, ExtractTablesWithRelations<Schema>>;

export interface OpenedDatabase {
  db: Db;
  /** what is behind it, for one line at the start: `PGlite in DIRECTORY`, `PostgreSQL at HOST` */
  description: string;
  close(): Promise<void>;
}
