/**
 * @file Brings a database to this program's tables. Everything happens in one transaction, so that a process killed in
 * the middle leaves the database as it was; a second process that opens at the same time waits.
 */
import { dirname } from 'node:path';
import { sql } from 'drizzle-orm';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { FastpathError } from '../errors.ts';
import { findFile } from '../find-file.ts';
import type { Db, Transaction } from './db.ts';
import { databaseError } from './errors.ts';

/** Any number that no other program on the database takes: the first bytes of "fastpath". */
const lockNumber = 0x66617374;

export function migrationsFolder(): string {
  return dirname(dirname(findFile('migrations/meta/_journal.json', 'shared/db/migrations/meta/_journal.json')));
}

/**
 * @throws FastpathError `database.newer` where a later version of Fastpath has written it, `database.changed` where it
 * was migrated by other files than these, `database.migration-failed`, `database.unavailable` (retry)
 */
export async function migrate(db: Db, folder = migrationsFolder()): Promise<void> {
  const migrations = readMigrationFiles({ migrationsFolder: folder });
  try {
    await db.transaction((tx) => run(tx, migrations));
  } catch (error) {
    const known = databaseError(error);
    if (known instanceof FastpathError) throw known;
    const message = 'the tables could not be brought up to date, and were left as they were; the cause is in the log';
    throw new FastpathError('database.migration-failed', message, { cause: error });
  }
}

async function run(tx: Transaction, migrations: MigrationMeta[]): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${sql.raw(String(lockNumber))})`);
  await tx.execute(sql`create schema if not exists drizzle`);
  await tx.execute(
    sql`create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`,
  );
  const applied = await tx.execute(sql`select hash from drizzle.__drizzle_migrations order by created_at`);
  const { rows } = applied as unknown as { rows: { hash: string }[] };
  for (const migration of missing(migrations, rows)) {
    for (const statement of migration.sql) await tx.execute(sql.raw(statement));
    await tx.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${migration.hash}, ${sql.raw(String(migration.folderMillis))})`,
    );
  }
}

function missing(migrations: MigrationMeta[], applied: { hash: string }[]): MigrationMeta[] {
  if (applied.length > migrations.length) {
    throw new FastpathError('database.newer', 'a newer Fastpath has written this database: update this one');
  }
  if (applied.some(({ hash }, i) => hash !== migrations[i]!.hash)) {
    const message = 'this database was made by another build of Fastpath: use that one, or another database';
    throw new FastpathError('database.changed', message);
  }
  return migrations.slice(applied.length);
}
