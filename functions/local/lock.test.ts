import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processStart } from '../../shared/process-start.ts';
import { SearchLock } from './lock.ts';

let folder: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-lock-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function idle(): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  started.push(child);
  return child;
}

const held = () => readdir(join(folder, 'running'));

test('a process is known by its start, and a dead one by none', async () => {
  const child = idle();
  const start = await processStart(child.pid!);
  expect(start).toMatch(/^[A-Za-z0-9]+$/);
  expect(await processStart(child.pid!)).toBe(start);
  expect(await processStart(process.pid)).not.toBe(start);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await processStart(child.pid!)).toBeNull();
});

test('release leaves nothing behind, and the search can be taken again', async () => {
  const lock = await SearchLock.take(folder);
  await lock.addWorker(idle().pid!);
  expect(await held()).toHaveLength(2);
  await lock.release();
  expect(await held()).toEqual([]);
  await (await SearchLock.take(folder)).release();
});

test('a worker that outlived its command keeps the search taken until it ends', async () => {
  const worker = idle();
  await (await SearchLock.take(folder)).addWorker(worker.pid!);
  // The command is gone, as after kill -9: only its own file says so, since this test's process lives.
  for (const name of await held()) if (name.startsWith('command')) await rm(join(folder, 'running', name));
  await expect(SearchLock.take(folder)).rejects.toMatchObject({
    code: 'search.running',
    message: expect.stringContaining(`process ${worker.pid} already runs`),
  });
  expect(await held()).toHaveLength(1);
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  const lock = await SearchLock.take(folder);
  expect(await held()).toHaveLength(1);
  await lock.release();
});

test('a live process under the id of a dead one does not count', async () => {
  const lock = await SearchLock.take(folder);
  await writeFile(join(folder, 'running', `command-${idle().pid}-t123`), '');
  await lock.release();
  await (await SearchLock.take(folder)).release();
  expect(await held()).toEqual([]);
});

test('of many processes that start at once at most one gets the search', async () => {
  const script = join(folder, 'take.mjs');
  const entry = `import { SearchLock } from './lock.ts';
    try { await SearchLock.take(process.argv[2]); console.log('taken'); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.code); }`;
  const bundled = { bundle: true, format: 'esm', platform: 'node', outfile: script } as const;
  await build({ stdin: { contents: entry, resolveDir: import.meta.dirname }, ...bundled });
  const said = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      started.push(child);
      const [chunk] = await once(child.stdout!, 'data');
      return String(chunk).trim();
    }),
  );
  expect(said.filter((word) => word === 'taken').length).toBeLessThanOrEqual(1);
  expect(said.filter((word) => word === 'search.running').length).toBeGreaterThanOrEqual(5);
});
