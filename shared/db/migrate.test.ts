import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OpenedDatabase } from './db.ts';
import { migrate, migrationsFolder } from './migrate.ts';
import { tenants } from './schema/index.ts';
import { openTestDatabase } from './test-database.ts';

let folder: string;
let opened: OpenedDatabase;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-migrations-'));
  await cp(migrationsFolder(), folder, { recursive: true });
  opened = await openTestDatabase();
});
afterEach(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});

async function addMigration(tag: string, text: string): Promise<void> {
  const path = join(folder, 'meta/_journal.json');
  const journal = JSON.parse(await readFile(path, 'utf8'));
  const { idx, when, version } = journal.entries.at(-1);
  journal.entries.push({ idx: idx + 1, version, when: when + 1, tag, breakpoints: true });
  await writeFile(path, JSON.stringify(journal));
  await writeFile(join(folder, `${tag}.sql`), text);
}

const columns = async () => {
  const query = sql`select column_name from information_schema.columns where table_name = 'tenants' and column_name like 'new%'`;
  const { rows } = (await opened.db.execute(query)) as unknown as { rows: { column_name: string }[] };
  return rows.map((row) => row.column_name);
};

it('leaves nothing of a migration that fails half way, and runs it whole once it is right', async () => {
  const at = new Date('2026-11-24T00:00:00Z');
  await opened.db.insert(tenants).values({ id: 'local', name: 'kept', createdAt: at });
  const good = 'alter table tenants add column new_one text;';
  await addMigration('0002_good', good);
  await addMigration(
    '0003_bad',
    `alter table tenants add column new_two text;\n--> statement-breakpoint\nselect nonsense;`,
  );
  await expect(migrate(opened.db, folder)).rejects.toMatchObject({ code: 'database.migration-failed', retry: false });
  expect(await columns()).toEqual([]);
  await writeFile(join(folder, '0003_bad.sql'), 'alter table tenants add column new_two text;');
  await migrate(opened.db, folder);
  expect((await columns()).sort()).toEqual(['new_one', 'new_two']);
  expect((await opened.db.select().from(tenants))[0]!.name).toBe('kept');
});

it('refuses a database that a newer program has written', async () => {
  await addMigration('0002_newer', 'alter table tenants add column new_one text;');
  await migrate(opened.db, folder);
  await expect(migrate(opened.db)).rejects.toMatchObject({ code: 'database.newer' });
});

it('refuses a database that other migrations have made', async () => {
  await writeFile(join(folder, '0001_ledger.sql'), 'select 1;');
  await expect(migrate(opened.db, folder)).rejects.toMatchObject({ code: 'database.changed' });
});
