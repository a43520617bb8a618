/** @file PostgreSQL inside this process, in a directory of its own. */
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { OpenedDatabase } from './db.ts';
import { migrate } from './migrate.ts';
import * as schema from './schema/index.ts';

/** @param directory made where it is not there yet; only one process may have it open */
export async function openPglite(directory: string): Promise<OpenedDatabase> {
  const client = await PGlite.create(directory);
  const db = drizzle({ client, schema, casing: 'snake_case' });
  await migrate(db);
  return { db, description: `PGlite in ${directory}`, close: () => client.close() };
}
