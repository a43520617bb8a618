/**
 * @file One process a PGlite directory: two that write to one lose each other's rows without a word. Beside the
 * directory stands a folder of empty files, each named by a process that wants it. A process first writes its own and
 * then looks for others that live: of two that start at once at least one sees the other, and clearing away a dead
 * one's file can never take a live one's lock.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FastpathError } from '../errors.ts';
import { processStart } from '../process-start.ts';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** @throws FastpathError `database.locked` (retry), which names the process that has it */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const folder = `${directory}.lock`;
  await mkdir(folder, { recursive: true });
  const own = `${process.pid}-${await processStart(process.pid)}-${randomUUID()}`;
  await writeFile(join(folder, own), '');
  const release = () => rm(join(folder, own), { force: true });
  for (const name of await readdir(folder)) {
    if (name === own) continue;
    const [pid, start] = name.split('-');
    if ((await processStart(Number(pid))) === start) {
      await release();
      const message = `process ${pid} already has the database in ${directory} open: stop it, or choose another folder by FASTPATH_HOME`;
      throw new FastpathError('database.locked', message, { retry: true });
    }
    await rm(join(folder, name), { force: true });
  }
  return { release };
}
