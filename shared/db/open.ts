/** @file Opens the database of a server: the one that DATABASE_URL names, or PGlite in a directory. */
import type { OpenedDatabase } from './db.ts';

export interface DatabaseOptions {
  /** `DATABASE_URL`; null or empty: PGlite */
  url: string | null;
  /** where PGlite keeps its files */
  directory: string;
}

/** Brings the tables up to date too. Throws what `openPostgres` and `openPglite` throw. */
export async function openDatabase({ url, directory }: DatabaseOptions): Promise<OpenedDatabase> {
  if (url) return await (await import('./open-postgres.ts')).openPostgres(url);
  return await (await import('./open-pglite.ts')).openPglite(directory);
}
