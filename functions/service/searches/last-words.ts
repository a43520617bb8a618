/** @file What a worker said last: the end of its progress, taken as coming from a stranger. */
import { type ProgressRecord, progressRecordSchema } from '../../../shared/contract/progress.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { ObjectEntry, ObjectStore } from '../../../shared/store/object-store.ts';

const tailBytes = 128_000;

/** The records at the end of the newest segment, oldest first; one GET however long the search has run. */
export async function lastRecords(store: ObjectStore, prefix: string): Promise<ProgressRecord[]> {
  let newest: ObjectEntry | null = null;
  for await (const entry of store.list(`${prefix}/progress/`)) newest = entry;
  if (newest === null) return [];
  const length = Math.min(tailBytes, newest.size);
  let bytes: Uint8Array;
  try {
    bytes = await store.getRange(newest.key, newest.size - length, length);
  } catch (error) {
    // Written again since it was listed.
    if (error instanceof FastpathError && /^store\.(range|missing)$/.test(error.code)) return [];
    throw error;
  }
  const lines = new TextDecoder().decode(bytes).split('\n');
  return lines.flatMap((line) => {
    try {
      return [progressRecordSchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

/** What the worker is doing, as a state of its search; null where it has not said. */
export function phaseOf(records: readonly ProgressRecord[]): 'searching' | 'training' | null {
  const step = records.findLast((record) => record.type === 'step');
  if (step === undefined) return null;
  return step.phase === 'training' ? 'training' : 'searching';
}
