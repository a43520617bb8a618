/**
 * @file What a checkpoint looks like in the object store. Each lies in a folder of its own whose name holds the hash of
 * its manifest, so two writers can never mix their files or write over a checkpoint that is in use:
 *
 *     {prefix}/checkpoints/latest.json                             names the newest and the one before it
 *     {prefix}/checkpoints/{step}/{manifest hash}/manifest.json    sizes and SHA-256 of the other two
 *     {prefix}/checkpoints/{step}/{manifest hash}/state.json       what is not a tensor, and whose run this is
 *     {prefix}/checkpoints/{step}/{manifest hash}/tensors.safetensors
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const step = z.number().int().min(0);
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const storedFile = z.strictObject({ bytes: z.number().int().min(0), sha256: sha256Hex });

export const pointerSchema = z.strictObject({
  format: z.literal('fastpath.checkpoints/1'),
  /** random per process: tells a pointer we wrote from an equal one that another process wrote */
  writer: z.string(),
  /** newest first */
  checkpoints: z
    .array(z.strictObject({ step, manifestSha256: sha256Hex }))
    .min(1)
    .max(2),
});

export const manifestSchema = z.strictObject({
  format: z.literal('fastpath.checkpoint/1'),
  step,
  files: z.strictObject({ 'tensors.safetensors': storedFile, 'state.json': storedFile }),
});

export const stateFileSchema = z.strictObject({
  format: z.literal('fastpath.checkpoint-state/1'),
  step,
  specSha256: z.string(),
  dataFingerprint: z.string(),
  /** the caller's own, parsed by the caller's schema */
  state: z.unknown(),
});

export type Pointer = z.infer<typeof pointerSchema>;
export type Named = Pointer['checkpoints'][number];
export type Manifest = z.infer<typeof manifestSchema>;
export type StateFile = z.infer<typeof stateFileSchema>;

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

/** The parsed value, or undefined where the bytes are not JSON of that schema. */
export function decodeJson<T>(bytes: Uint8Array, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}

export const pointerKey = (prefix: string): string => `${prefix}/checkpoints/latest.json`;

export const folderKey = (prefix: string, { step, manifestSha256 }: Named): string =>
  `${prefix}/checkpoints/${step}/${manifestSha256}`;

/** Which checkpoint a key belongs to; null for `latest.json` and for what is none of ours. */
export function ownerOf(prefix: string, key: string): Named | null {
  if (!key.startsWith(`${prefix}/checkpoints/`)) return null;
  const match = /^(\d+)\/([0-9a-f]{64})\//.exec(key.slice(`${prefix}/checkpoints/`.length));
  return match ? { step: Number(match[1]), manifestSha256: match[2]! } : null;
}
