/** @file What `setup:native` remembers of the TensorFlow in `.native`, so that a second run has nothing to fetch. */
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { NativeLayout } from './layout.ts';
import type { Flavour } from './pins.ts';

const recordSchema = z.strictObject({
  flavour: z.enum(['cpu', 'gpu']),
  source: z.enum(['official', 'wheel']),
  /** TensorFlow's own version. */
  version: z.string(),
  /** Where it is from, for people: `wheel tensorflow-cpu`. */
  label: z.string(),
});

export type SetupRecord = z.infer<typeof recordSchema>;

/** Undefined where nothing was set up, or by a version of this program that remembered something else. */
export async function readRecord(layout: NativeLayout): Promise<SetupRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(layout.record, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeRecord(layout: NativeLayout, record: SetupRecord): Promise<void> {
  await writeFile(layout.record, `${JSON.stringify(record, null, 2)}\n`);
}

/** Whether what is there serves: the flavour asked for, and of a wheel the pinned version. */
export function stillServes(record: SetupRecord | undefined, flavour: Flavour, wheelVersion: string): boolean {
  if (record?.flavour !== flavour) return false;
  return record.source === 'official' || record.version === wheelVersion;
}
