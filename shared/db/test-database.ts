/** @file A database for tests: PGlite in memory, opened from a dump of the migrated tables that all test files share. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { isTable, sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/pglite';
import type { Db, OpenedDatabase } from './db.ts';
import { migrate, migrationsFolder } from './migrate.ts';
import * as schema from './schema/index.ts';

/** Empty tables. 2–5 s where this version of the tables is opened for the first time, half a second after that. */
export async function openTestDatabase(): Promise<OpenedDatabase> {
  const hashes = readMigrationFiles({ migrationsFolder: migrationsFolder() }).map(({ hash }) => hash);
  const name = createHash('sha256').update(hashes.join()).digest('hex').slice(0, 16);
  const dump = join(tmpdir(), `fastpath-tables-${name}.tar`);
  if (!existsSync(dump)) await writeDump(dump);
  const client = await PGlite.create({ loadDataDir: new Blob([await readFile(dump)]) });
  const db: Db = drizzle({ client, schema, casing: 'snake_case' });
  return { db, description: 'PGlite in memory', close: () => client.close() };
}

async function writeDump(file: string): Promise<void> {
  const client = await PGlite.create();
  await migrate(drizzle({ client, schema, casing: 'snake_case' }));
  const dump = await client.dumpDataDir('none');
  await client.close();
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, Buffer.from(await dump.arrayBuffer()));
  await rename(unfinished, file);
}

/** Empties all tables, in milliseconds. */
export async function truncateAll(db: Db): Promise<void> {
  await db.execute(sql`truncate ${sql.join(Object.values(schema).filter(isTable), sql`, `)} restart identity cascade`);
}
