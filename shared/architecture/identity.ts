/** @file What makes two architectures the same network, and a short id from that. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Architecture } from '../contract/architecture.ts';

/**
 * JSON with sorted keys and no white space. `space` is left out: it says where the network was found, and the same
 * network found in another space is the same network.
 */
export function canonicalJson(architecture: Architecture): string {
  const { space: _label, ...network } = architecture;
  return JSON.stringify(sorted(network));
}

/** First 16 hexadecimal digits of the SHA-256 of the canonical JSON. */
export function architectureId(architecture: Architecture): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(architecture)))).slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
