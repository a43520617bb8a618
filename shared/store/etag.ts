/** @file The etag of a file in a directory store: modification time, size and inode, as one opaque string. */
import type { BigIntStats } from 'node:fs';

export function etagOf(stats: BigIntStats): string {
  return `${stats.mtimeNs.toString(36)}-${stats.size.toString(36)}-${stats.ino.toString(36)}`;
}
