/** @file The checksum of one image: finds damage, not malice. */
import { createHash } from 'node:crypto';

/** The first 32 bits of the SHA-256, as a number. */
export function checksumOf(bytes: Uint8Array): number {
  return createHash('sha256').update(bytes).digest().readUInt32BE(0);
}
