/**
 * @file The object-store port: named blobs with conditional writes. Two adapters stand behind it, a directory and S3,
 * and both pass the same contract suite. Keys are relative, use `/`, and know no `.` or `..` segments.
 */
import { FastpathError } from '../errors.ts';

export interface StoredObject {
  bytes: Uint8Array;
  /** names this version of the object; opaque, compare for equality only */
  etag: string;
}

export interface ObjectEntry {
  key: string;
  /** bytes */
  size: number;
  etag: string;
}

/** At most one of the two: create only where nothing is there, or replace only this version. */
export type WriteCondition = { ifNoneMatch: '*' } | { ifMatch: string };

/** A download is always an attachment; an upload has exactly the size that was asked for. */
export type LinkRequest =
  | { method: 'GET'; expiresInSeconds: number; fileName: string }
  | { method: 'PUT'; expiresInSeconds: number; sizeBytes: number };

export interface Link {
  url: string;
  expiresAt: Date;
}

export interface ObjectStore {
  /** where the store is, for messages: a directory path or `s3://bucket/prefix` */
  readonly uri: string;

  /** The whole object, or null where the key holds none. */
  get(key: string): Promise<StoredObject | null>;

  /**
   * The whole object where it is not the version `etag` any more, null where it still is. An etag of null stands for
   * "nothing was there": null then means that there is still nothing. Throws `store.missing` where the version is gone.
   */
  getIfChanged(key: string, etag: string | null): Promise<StoredObject | null>;

  /** `length` bytes from byte `start`; throws `store.missing`, or `store.range` where the object ends before that. */
  getRange(key: string, start: number, length: number): Promise<Uint8Array>;

  /** The object in chunks, never whole in memory; throws `store.missing`. */
  getStream(key: string): AsyncIterable<Uint8Array>;

  /**
   * Writes the whole object; readers see the old or the new one, never a part. Content that comes in chunks is never
   * whole in memory, and where it throws, nothing was written. With a condition that does not hold throws
   * `store.precondition` and changes nothing. One doubt is left over a network: where the answer to a replacement is lost
   * and a rival replaced the object again before it was asked for, the write counts as refused though it was done. So
   * look whether a refused change is there already before it is made again.
   */
  put(
    key: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    condition?: WriteCondition,
  ): Promise<{ etag: string }>;

  /** Every object whose key starts with `prefix`, in ascending order of the keys' UTF-8 bytes. */
  list(prefix: string): AsyncIterable<ObjectEntry>;

  /** Removes the object; a key that holds none is no error. */
  delete(key: string): Promise<void>;

  /** Removes every object whose key starts with `prefix`, which has to end in `/` (`store.key`), and writes that were broken off. */
  deletePrefix(prefix: string): Promise<void>;

  /** Removes what is left of writes that began before `before` and were broken off by the death of the writer. */
  removeAbandoned(before: Date): Promise<void>;

  /**
   * An address under which whoever holds it may read or write this one object over HTTP until it expires. Throws
   * `store.links` where the store cannot give one.
   */
  link(key: string, request: LinkRequest): Promise<Link>;
}

/** Refuses keys that could leave the store or that the two adapters would read differently (`store.key`). */
export function checkKey(key: string): void {
  const segments = key.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..') || /[\\\0]/.test(key)) {
    throw new FastpathError(
      'store.key',
      `The key ${JSON.stringify(key)} is not a relative path of plain names: leave out empty, "." and ".." segments and backslashes.`,
    );
  }
}

/** Refuses prefixes that are no whole folder: `tenants/a` would take `tenants/ab` with it, and '' everything. */
export function checkFolder(prefix: string): void {
  if (!prefix.endsWith('/')) {
    throw new FastpathError('store.key', `The prefix ${JSON.stringify(prefix)} names no folder: end it with "/".`);
  }
  checkKey(prefix.slice(0, -1));
}

export function missing(uri: string, key: string): FastpathError {
  return new FastpathError('store.missing', `${uri} holds no object ${key}.`);
}

export function outOfRange(uri: string, key: string, start: number, length: number): FastpathError {
  return new FastpathError(
    'store.range',
    `${key} in ${uri} ends before byte ${start + length}: it was cut short or replaced since it was indexed.`,
  );
}

export function preconditionFailed(uri: string, key: string, condition: WriteCondition): FastpathError {
  const why = 'ifMatch' in condition ? 'it is no longer the version that was read' : 'it exists already';
  return new FastpathError('store.precondition', `${key} in ${uri} was not written: ${why}.`);
}
