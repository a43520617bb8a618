/** @file Lines of progress, as every reader takes them: what is no record is left out, what is said twice counts once. */
import { type ProgressRecord, progressRecordSchema } from './contract/progress.ts';

/** Null for a line that is no progress record. */
export function parseProgressLine(line: string): ProgressRecord | null {
  try {
    return progressRecordSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** Knows what was read: a run that goes on behind a checkpoint takes steps again and says things again. */
export class SeenRecords {
  private readonly seen = new Set<string>();

  /** Whether the record is the first of its step; endings always count. */
  isNew(record: ProgressRecord): boolean {
    if (record.type !== 'step' && record.type !== 'note') return true;
    const name = record.type === 'step' ? `${record.step}` : `${record.step} ${record.message}`;
    if (this.seen.has(name)) return false;
    this.seen.add(name);
    return true;
  }
}
