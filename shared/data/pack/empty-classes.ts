/** @file Class folders without an image: no object store knows them, so a data set has no such class. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSet } from '../data-set.ts';

/** Names of folders of a directory that would be classes if there were an image in them; of a bucket none are known. */
export async function emptyClasses(source: DataSet): Promise<string[]> {
  if (source.kind !== 'folder' || source.uri.startsWith('s3://')) return [];
  const top = source.nameOf(0).startsWith('train/') && !source.classes.includes('train') ? 'train' : '.';
  const entries = await readdir(join(source.uri, top), { withFileTypes: true });
  const known = new Set(source.classes);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !known.has(entry.name))
    .map(({ name }) => name)
    .sort();
}
