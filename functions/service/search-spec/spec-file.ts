/** @file A job spec as bytes, its hash, and the id that follows from it: the same job always has the same id. */
import { createHash } from 'node:crypto';
import type { JobSpec } from '../../../shared/contract/job-spec.ts';

export interface SpecFile {
  bytes: Uint8Array;
  sha256: string;
  /** first 16 hexadecimal digits of the hash */
  id: string;
}

/** JSON with sorted keys and no white space, so that the order in which a spec was built does not matter. */
export function specFile(spec: JobSpec): SpecFile {
  const bytes = new TextEncoder().encode(JSON.stringify(sorted(spec)));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes, sha256, id: sha256.slice(0, 16) };
}

/** The id of the job whose spec file has these bytes. */
export function idOfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
