/** @file Reads the index of a packed data set, and says where the shards beside it are not those that it was made of. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import {
  type DataIndex,
  dataIndexSchema,
  type ShardEntry,
  type ShardList,
  shardListSchema,
} from '../contract/data-index.ts';
import { FastpathError } from '../errors.ts';
import type { ObjectEntry, ObjectStore } from '../store/object-store.ts';

export const indexKey = 'index.json';
export const packingKey = 'packing.json';
/** For readers that know no index: one class name a line. */
export const classesKey = 'classes.txt';

/** Of an index or list; a larger one is nobody's honest work. */
const maxIndexBytes = 64e6;

/** `train-000012.tar` → `index/train-000012.json`, where the list of its samples lies. */
export function listKey(shard: string): string {
  return `index/${shard.replace(/\.tar$/, '')}.json`;
}

export function classesText(names: readonly string[]): string {
  return `${names.join('\n')}\n`;
}

/** @throws FastpathError `data.unfinished` where packing into `store` has not ended: what is there is a part */
export async function checkPackedWhole(store: ObjectStore): Promise<void> {
  if ((await store.get(packingKey)) === null) return;
  throw new FastpathError(
    'data.unfinished',
    `${store.uri} is not packed to its end: run the same \`fastpath dataset pack\` again, it goes on.`,
  );
}

/**
 * The index of the data set in `store`, or null where it has none of ours.
 * @throws FastpathError `data.index` where it cannot be read
 */
export async function readDataIndex(store: ObjectStore): Promise<DataIndex | null> {
  const bytes = await readCapped(store, indexKey);
  // Other tools call theirs index.json, too.
  if (bytes === null || !Buffer.from(bytes).includes('"fastpath.data-index/')) return null;
  return parsed(dataIndexSchema, bytes, store, indexKey);
}

/** @throws FastpathError `data.index` where the list is missing, broken, or not the one that the index names */
export async function readShardList(store: ObjectStore, index: DataIndex, shard: ShardEntry): Promise<ShardList> {
  const key = listKey(shard.key);
  const bytes = await readCapped(store, key);
  if (bytes === null) throw wrongIndex(store, `${key} is missing`);
  if (sha256Of(bytes) !== shard.listSha256) throw wrongIndex(store, `${key} is not the one that ${indexKey} names`);
  const list = parsed(shardListSchema, bytes, store, key);
  const same = list.names.length === shard.samples && list.bytes === shard.bytes && list.sha256 === shard.sha256;
  if (!same || list.labels.some((label) => label >= index.classes.length)) {
    throw wrongIndex(store, `${key} does not fit to ${indexKey}`);
  }
  return list;
}

/**
 * How the shards that lie there differ from those of the index, one line for each; nothing where they do not.
 * @param listed from `shardsOf`, all splits
 */
export function differences(index: DataIndex, listed: readonly ObjectEntry[]): string[] {
  const there = new Map(listed.map(({ key, size }) => [key, size]));
  const lines: string[] = [];
  for (const { key, bytes } of index.shards) {
    const size = there.get(key);
    there.delete(key);
    if (size === undefined) lines.push(`${key} is missing`);
    else if (size < bytes) lines.push(`${key} is truncated: ${size} of ${bytes} bytes`);
    else if (size > bytes) lines.push(`${key} is another one than was packed: ${size} bytes, not ${bytes}`);
  }
  for (const key of there.keys()) lines.push(`${key} is not in the index, which is older`);
  return lines;
}

/** @throws FastpathError `data.index-old` where the shards are not those of the index, `data.classes` where classes.txt is not */
export async function checkAgainstIndex(
  store: ObjectStore,
  index: DataIndex,
  listed: readonly ObjectEntry[],
): Promise<void> {
  const [first, ...others] = differences(index, listed);
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    throw new FastpathError(
      'data.index-old',
      `The shards in ${store.uri} are not those of its index: ${first}${more}. Bring them back, or pack the images again.`,
    );
  }
  if (await namesOtherClasses(store, index)) {
    throw new FastpathError(
      'data.classes',
      `${classesKey} in ${store.uri} names other classes than ${indexKey}: bring it back, or pack the images again.`,
    );
  }
}

/** Whether there is a classes.txt, and it is not the one that was packed. */
export async function namesOtherClasses(store: ObjectStore, index: DataIndex): Promise<boolean> {
  const file = await store.get(classesKey);
  return file !== null && Buffer.from(file.bytes).toString() !== classesText(index.classes.map(({ name }) => name));
}

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readCapped(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of store.getStream(key)) {
      length += chunk.length;
      if (length > maxIndexBytes) throw wrongIndex(store, `${key} is larger than ${maxIndexBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof FastpathError && error.code === 'store.missing') return null;
    throw error;
  }
  return Buffer.concat(chunks);
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array, store: ObjectStore, key: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (cause) {
    throw wrongIndex(store, `${key} cannot be read`, cause);
  }
}

function wrongIndex(store: ObjectStore, problem: string, cause?: unknown): FastpathError {
  const message = `The index of ${store.uri} is broken: ${problem}. Bring it back, or pack the images again.`;
  return new FastpathError('data.index', message, cause === undefined ? {} : { cause });
}
