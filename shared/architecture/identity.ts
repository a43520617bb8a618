/** @file What makes two architectures the same network, and a short id from that. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Architecture } from '../contract/architecture.ts';

/**
 * JSON with sorted keys and no white space. `space` is left out: it says where the network was found, and the same
 * network found in another space is the same network.
 */
export function canonicalJson({ blocks, classes, format, head, resolution, stem }: Architecture): string {
  // Written out: sorting the keys of every block takes ten times as long, and services name thousands of networks.
  const listed = blocks.map(
    ({ expansion, in: input, kernel, op, out, shortcut, stride }) =>
      `{"expansion":${expansion},"in":${input},"kernel":${kernel},"op":"${op}","out":${out},` +
      `"shortcut":${shortcut},"stride":${stride}}`,
  );
  return (
    `{"blocks":[${listed.join(',')}],"classes":${classes},"format":"${format}","head":{"channels":${head.channels}},` +
    `"resolution":${resolution},"stem":{"channels":${stem.channels},"kernel":${stem.kernel},"stride":${stem.stride}}}`
  );
}

/** First 16 hexadecimal digits of the SHA-256 of the canonical JSON. */
export function architectureId(architecture: Architecture): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(architecture)))).slice(0, 16);
}
