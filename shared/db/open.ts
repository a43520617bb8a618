/** @file Opens the database that the environment names, and brings it to this program's tables. */
import type { OpenedDatabase } from './db.ts';
import { openPglite } from './open-pglite.ts';

export interface DatabaseOptions {
  /** where PGlite keeps its files when no other database is named */
  directory: string;
}

export async function openDatabase({ directory }: DatabaseOptions): Promise<OpenedDatabase> {
  return await openPglite(directory);
}
