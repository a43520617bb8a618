/** @file Lists a directory tree in the order in which S3 lists keys: ascending UTF-8 bytes of the whole key. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { etagOf } from './etag.ts';
import type { ObjectEntry } from './object-store.ts';

/** How many files are asked for their size at once; bounds memory in folders of millions. */
const statsAtOnce = 64;

/** Orders by UTF-8 bytes, which is code-point order: UTF-16 order is wrong only where surrogates meet U+E000 and up. */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    if (xHigh !== yHigh && x >= 0xd800 && y >= 0xd800) return xHigh ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** A linked folder is followed unless it leads back up to where we came from. */
async function isFolder(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    if (!(await stat(path)).isDirectory()) return false;
    const target = await realpath(path);
    const here = await realpath(join(path, '..'));
    return !`${here}/`.startsWith(`${target}/`);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

async function entryAt(root: string, key: string): Promise<ObjectEntry | null> {
  try {
    const stats = await stat(join(root, key), { bigint: true });
    return stats.isFile() ? { key, size: Number(stats.size), etag: etagOf(stats) } : null;
  } catch (error) {
    // Replaced or deleted since its folder was read.
    if (isGone(error)) return null;
    throw error;
  }
}

/** Files under `root` whose path relative to it starts with `prefix`; `hidden` names what is left out at the top. */
export async function* walk(
  root: string,
  prefix: string,
  hidden: (name: string) => boolean,
): AsyncIterable<ObjectEntry> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (folder.split('/').includes('..')) return;
  yield* walkFolder(root, folder, prefix, hidden);
}

async function* walkFolder(
  root: string,
  folder: string,
  prefix: string,
  hidden: (name: string) => boolean,
): AsyncIterable<ObjectEntry> {
  const keys: string[] = [];
  for (const entry of await entriesOf(join(root, folder))) {
    if (folder === '' && hidden(entry.name)) continue;
    const key = folder + entry.name;
    const below = (await isFolder(join(root, key), entry)) ? `${key}/` : key;
    if (below.startsWith(prefix) || prefix.startsWith(below)) keys.push(below);
  }
  keys.sort(compareKeys);
  for (let i = 0; i < keys.length; ) {
    if (keys[i]!.endsWith('/')) {
      yield* walkFolder(root, keys[i++]!, prefix, hidden);
      continue;
    }
    let end = i;
    while (end < keys.length && end - i < statsAtOnce && !keys[end]!.endsWith('/')) end++;
    const found = await Promise.all(keys.slice(i, end).map((key) => entryAt(root, key)));
    for (const entry of found) if (entry !== null) yield entry;
    i = end;
  }
}
