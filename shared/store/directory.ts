/**
 * @file The object store as a directory. A put writes a temporary file, syncs it and renames it into place under a
 * short lock on the key, so that a reader, a crash or a rival writer never meets half an object. The etag is made of
 * the file's modification time, size and inode: listing needs no reading, and files placed by hand have one too. Each
 * put stamps a time later than that of the version before it, so that etags of one key never repeat.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FastpathError } from '../errors.ts';
import { walk } from './directory-walk.ts';
import { etagOf } from './etag.ts';
import { type KeyLock, lockKey } from './key-lock.ts';
import { type LinkSigning, signedLink } from './links.ts';
import {
  checkFolder,
  checkKey,
  type Link,
  type LinkRequest,
  missing,
  type ObjectEntry,
  type ObjectStore,
  outOfRange,
  preconditionFailed,
  type StoredObject,
  type WriteCondition,
} from './object-store.ts';

/** Holds temporary files and locks; never listed, and no key may name it. */
export const workFolder = '.fastpath-work';
const chunkBytes = 1 << 20;

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export class DirectoryStore implements ObjectStore {
  readonly uri: string;

  /**
   * @param root need not exist: the first put makes it
   * @param signing of links, where a server answers them; null: the store gives none
   */
  constructor(
    root: string,
    private readonly signing: LinkSigning | null = null,
  ) {
    this.uri = resolve(root);
  }

  private path(key: string): string {
    checkKey(key);
    if (key === workFolder || key.startsWith(`${workFolder}/`)) {
      throw new FastpathError('store.key', `The key ${key} names the store's own work folder: choose another.`);
    }
    return join(this.uri, key);
  }

  async get(key: string): Promise<StoredObject | null> {
    const path = this.path(key);
    try {
      const handle = await open(path, 'r');
      try {
        const stats = await handle.stat({ bigint: true });
        return { bytes: await handle.readFile(), etag: etagOf(stats) };
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async getIfChanged(key: string, etag: string | null): Promise<StoredObject | null> {
    const stats = await this.statsOf(this.path(key));
    if (stats !== null && etagOf(stats) === etag) return null;
    const found = await this.get(key);
    if (found === null && etag !== null) throw missing(this.uri, key);
    return found;
  }

  async getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    const handle = await this.openFor(key);
    try {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, start + filled);
        if (bytesRead === 0) throw outOfRange(this.uri, key, start, length);
        filled += bytesRead;
      }
      return bytes;
    } finally {
      await handle.close();
    }
  }

  async *getStream(key: string): AsyncIterable<Uint8Array> {
    const handle = await this.openFor(key);
    try {
      for (;;) {
        // A fresh buffer each time: the consumer may still hold the chunk before.
        const chunk = new Uint8Array(chunkBytes);
        const { bytesRead } = await handle.read(chunk, 0, chunkBytes, null);
        if (bytesRead === 0) return;
        yield chunk.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async put(
    key: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    condition?: WriteCondition,
  ): Promise<{ etag: string }> {
    const path = this.path(key);
    const work = join(this.uri, workFolder);
    await mkdir(work, { recursive: true });
    const temporary = join(work, `put-${process.pid}-${randomUUID()}`);
    const handle = await open(temporary, 'wx');
    try {
      await writeFile(handle, content);
      const lock = await this.lock(key);
      try {
        const old = await this.statsOf(path);
        if (condition !== undefined && !holds(condition, old)) throw preconditionFailed(this.uri, key, condition);
        const now = Math.max(Date.now(), old === null ? 0 : Number(old.mtimeNs / 1_000_000n) + 1);
        // The random part of a millisecond tells a key deleted and written again from the version before.
        const seconds = (now + Math.random()) / 1000;
        await handle.utimes(seconds, seconds);
        await handle.sync();
        const etag = etagOf(await handle.stat({ bigint: true }));
        await lock.confirm();
        await this.moveIntoPlace(temporary, path, condition !== undefined && 'ifNoneMatch' in condition, key);
        return { etag };
      } finally {
        await lock.release();
      }
    } finally {
      await handle.close();
      await rm(temporary, { force: true });
    }
  }

  list(prefix: string): AsyncIterable<ObjectEntry> {
    return walk(this.uri, prefix, (name) => name === workFolder);
  }

  async delete(key: string): Promise<void> {
    const path = this.path(key);
    if (!(await this.statsOf(path))?.isFile()) return;
    const lock = await this.lock(key);
    try {
      await lock.confirm();
      await rm(path, { force: true });
      await this.removeEmptyFolders(dirname(path));
    } finally {
      await lock.release();
    }
  }

  async deletePrefix(prefix: string): Promise<void> {
    checkFolder(prefix);
    const path = this.path(prefix.slice(0, -1));
    if (!(await this.statsOf(path))?.isDirectory()) return;
    // Removes links, not what they lead to. A rival's put may fill a folder while it is emptied.
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
    await this.removeEmptyFolders(dirname(path));
  }

  async removeAbandoned(before: Date): Promise<void> {
    const work = join(this.uri, workFolder);
    for (const name of await readdir(work).catch(() => [])) {
      const stats = await this.statsOf(join(work, name));
      if (stats !== null && stats.mtime < before) await rm(join(work, name), { force: true });
    }
  }

  async link(key: string, request: LinkRequest): Promise<Link> {
    this.path(key);
    if (this.signing !== null) return signedLink(this.signing, key, request, new Date());
    throw new FastpathError('store.links', `${this.uri} gives no addresses: no server answers for it.`);
  }

  private lock(key: string): Promise<KeyLock> {
    return lockKey(join(this.uri, workFolder, `lock-${createHash('sha256').update(key).digest('hex')}`));
  }

  private async moveIntoPlace(temporary: string, path: string, create: boolean, key: string): Promise<void> {
    const folder = dirname(path);
    for (let attempt = 0; ; attempt++) {
      try {
        await mkdir(folder, { recursive: true });
        // link refuses an existing name, so that even a writer outside of the lock cannot be overwritten.
        await (create ? link(temporary, path) : rename(temporary, path));
        break;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EEXIST' && create) throw preconditionFailed(this.uri, key, { ifNoneMatch: '*' });
        if (code !== undefined && /^(EEXIST|EISDIR|ENOTDIR|ENOTEMPTY)$/.test(code)) {
          throw new FastpathError(
            'store.key',
            `${key} in ${this.uri} would be a file and a folder at once: rename one.`,
          );
        }
        // A delete in another process may just have removed the folder when it became empty.
        if (code !== 'ENOENT' || attempt === 10) throw error;
      }
    }
    await syncDirectory(folder);
  }

  private async statsOf(path: string): Promise<BigIntStats | null> {
    try {
      return await stat(path, { bigint: true });
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  private async openFor(key: string) {
    try {
      const handle = await open(this.path(key), 'r');
      if ((await handle.stat()).isFile()) return handle;
      await handle.close();
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    throw missing(this.uri, key);
  }

  /** An object store has no folders: those that a delete leaves empty go too. */
  private async removeEmptyFolders(folder: string): Promise<void> {
    for (let path = folder; path.startsWith(`${this.uri}/`); path = dirname(path)) {
      try {
        await rmdir(path);
      } catch {
        return;
      }
    }
  }
}

function holds(condition: WriteCondition, old: BigIntStats | null): boolean {
  if ('ifNoneMatch' in condition) return old === null;
  return old !== null && etagOf(old) === condition.ifMatch;
}
