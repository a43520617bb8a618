import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeDatabase } from './contract-suite.ts';
import { lockDirectory } from './directory-lock.ts';
import { openDatabase } from './open.ts';
import { tenants } from './schema/index.ts';

let root: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-pglite-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});
const open = (name: string) => openDatabase({ url: null, directory: join(root, name) });

describeDatabase('PGlite in its thread', () => open('suite'));

/** A process of its own that opens the directory and writes tenants one after another, a line for each. */
async function writer(directory: string): Promise<{ child: ChildProcess; next(): Promise<string> }> {
  const file = join(root, 'writer.mts');
  const here = (path: string) => pathToFileURL(join(import.meta.dirname, path)).href;
  await writeFile(
    file,
    `import { openDatabase } from '${here('open.ts')}';
     import { newId } from '${here('id.ts')}';
     import { tenants } from '${here('schema/index.ts')}';
     const { db } = await openDatabase({ url: null, directory: process.argv[2] });
     const clock = { now: () => new Date() };
     for (;;) {
       const id = newId('tn', clock);
       await db.insert(tenants).values({ id, name: 'x', createdAt: clock.now() });
       console.log(id);
     }`,
  );
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = spawn(process.execPath, ['--import', tsx, file, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return { child, next: async () => (await lines.next()).value as string };
}

// Two processes start here, and each makes its tables.
it('is one process’s: a second is told whose, and a killed one loses nothing and is in nobody’s way', async () => {
  const directory = join(root, 'killed');
  const { child, next } = await writer(directory);
  const written = [await next()];
  await expect(open('killed')).rejects.toMatchObject({
    code: 'database.locked',
    retry: true,
    message: `process ${child.pid} already has the database in ${directory} open: stop it, or choose another folder by FASTPATH_HOME`,
  });
  while (written.length < 20) written.push(await next());
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (let line = await next(); line !== undefined; line = await next()) written.push(line);
  const { db, close } = await open('killed');
  const kept = (await db.select().from(tenants)).map(({ id }) => id);
  expect(kept).toEqual(expect.arrayContaining(written));
  expect(kept.length - written.length, 'written, not yet told').toBeLessThanOrEqual(1);
  await close();
  expect(await readdir(`${directory}.lock`)).toEqual([]);
}, 180_000);

describe('opening', () => {
  it('twice in one process is refused too, and leaves the first alone', async () => {
    const first = await open('twice');
    await expect(open('twice')).rejects.toMatchObject({ code: 'database.locked' });
    await first.db.insert(tenants).values({ id: 'local', name: 'x', createdAt: new Date() });
    await first.close();
    const again = await open('twice');
    expect((await again.db.select().from(tenants)).length).toBe(1);
    await again.close();
  }, 180_000);

  it('is let by what a dead process left, its id in use again or not', async () => {
    const directory = join(root, 'stale');
    await mkdir(`${directory}.lock`, { recursive: true });
    await writeFile(join(`${directory}.lock`, '999999999-anything-x'), '');
    await writeFile(join(`${directory}.lock`, `${process.pid}-anotherstart-x`), '');
    const lock = await lockDirectory(directory);
    expect((await readdir(`${directory}.lock`)).length).toBe(1);
    await lock.release();
  });

  it('lets at most one of many rivals in', async () => {
    const rivals = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(join(root, 'rivals'))));
    expect(rivals.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
  });

  it('what is no database is one clear line, and stays as it is', async () => {
    await writeFile(join(root, 'file'), 'mine');
    await expect(open('file')).rejects.toMatchObject({ code: 'database.not-opened', message: /EEXIST|ENOTDIR/ });
    const directory = join(root, 'damaged');
    await mkdir(directory);
    await writeFile(join(directory, 'PG_VERSION'), 'nonsense');
    await expect(open('damaged')).rejects.toMatchObject({ code: 'database.not-opened' });
    expect(await readdir(`${directory}.lock`)).toEqual([]);
  });

  it('refuses an URL that is none', async () => {
    const directory = join(root, 'none');
    await expect(openDatabase({ url: 'mysql://x', directory })).rejects.toMatchObject({ code: 'database.url' });
  });

  it('answers other queries’ owners while one is slow, and says when its thread is gone', async () => {
    const { db, close } = await open('twice');
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await db.execute(sql`select count(*) from generate_series(1, 500000) as n where n % 7 = 3`);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
    await close();
    const after = await db
      .select()
      .from(tenants)
      .catch((error) => error);
    expect(after.cause).toMatchObject({ code: 'database.unavailable', retry: true });
  });
});
