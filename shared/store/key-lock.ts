/**
 * @file A short lock on one key of a directory store, held across processes only while a put compares and renames.
 * The lock is a file made by link(2), which fails where the name exists. A holder that died (kill -9) is noticed by its
 * process id on the same host, elsewhere by age.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FastpathError } from '../errors.ts';

/** A put compares and renames within milliseconds, so a lock this old has lost its holder. */
const staleAfterMs = 20_000;
const giveUpAfterMs = 40_000;

export interface KeyLock {
  /** Called just before the change: throws `store.locked` (retry) where this holder slept so long that another took over. */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function holderIsDead(holder: string): boolean {
  const [pid, host] = holder.split(' ');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}

async function breakIfStale(path: string): Promise<void> {
  const seen = await readFile(path, 'utf8');
  const ageMs = Date.now() - (await stat(path)).mtimeMs;
  if (!holderIsDead(seen) && ageMs < staleAfterMs) return;
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside);
  // Between reading and renaming another process may have broken the lock and taken it: then it gets it back.
  if ((await readFile(aside, 'utf8')) !== seen) await link(aside, path);
  await unlink(aside);
}

/** Waits for the lock file at `path`; throws `store.locked` (retry) where it stays taken. */
export async function lockKey(path: string): Promise<KeyLock> {
  const me = `${process.pid} ${hostname()} ${randomUUID()}`;
  const mine = `${path}.${randomUUID()}`;
  const startMs = Date.now();
  await mkdir(dirname(path), { recursive: true });
  await writeFile(mine, me, { flag: 'wx' });
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await link(mine, path);
        break;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      if (Date.now() - startMs > giveUpAfterMs) {
        throw new FastpathError('store.locked', `The lock ${path} stays taken: try again, or remove it by hand.`, {
          retry: true,
        });
      }
      try {
        await breakIfStale(path);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EEXIST') throw error;
      }
      await sleep(Math.min(20, 1 + attempt) * (0.5 + Math.random()));
    }
  } finally {
    await rm(mine, { force: true });
  }
  const stillMine = async () => (await readFile(path, 'utf8').catch(() => '')) === me;
  return {
    async confirm() {
      if (!(await stillMine()))
        throw new FastpathError('store.locked', `Lost the lock ${path}: try again.`, { retry: true });
    },
    async release() {
      if (await stillMine()) await rm(path, { force: true });
    },
  };
}
