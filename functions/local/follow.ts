/**
 * @file Reads progress from a search's `progress/*.jsonl` segments while another process writes them. A segment may
 * grow, be written anew after a kill, or end in half a line; the reader hands out every record once.
 */
import type { ProgressRecord } from '../../shared/contract/progress.ts';
import { parseProgressLine, SeenRecords } from '../../shared/progress-lines.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';

interface Segment {
  etag: string;
  /** bytes read up to and with the last line's end */
  read: number;
  /** the last line read, with its end: tells whether what was read is still there */
  lastLine: Uint8Array;
}

const newline = 0x0a;

export class ProgressReader {
  private readonly segments = new Map<string, Segment>();
  private readonly seen = new SeenRecords();
  /** whole lines that are no progress records; they are left out */
  unreadableLines = 0;

  /** @param prefix of the search in the store, without `/` at its end */
  constructor(
    private readonly store: ObjectStore,
    private readonly prefix: string,
  ) {}

  /** The records that came since the last call, in order: each step once, whatever is written twice. */
  async poll(): Promise<ProgressRecord[]> {
    const records: ProgressRecord[] = [];
    for await (const { key, size, etag } of this.store.list(`${this.prefix}/progress/`)) {
      if (!key.endsWith('.jsonl') || this.segments.get(key)?.etag === etag) continue;
      for (const line of await this.newLines(key, size, etag)) {
        const record = parseProgressLine(line);
        if (record === null) this.unreadableLines++;
        else if (this.seen.isNew(record)) records.push(record);
      }
    }
    return records;
  }

  private async newLines(key: string, size: number, etag: string): Promise<string[]> {
    const before = this.segments.get(key) ?? { etag: '', read: 0, lastLine: new Uint8Array(0) };
    let start = before.read - before.lastLine.length;
    let bytes = size < before.read ? null : await this.range(key, start, size - start);
    let skip = before.lastLine.length;
    if (bytes === null || Buffer.compare(bytes.subarray(0, skip), before.lastLine) !== 0) {
      start = 0;
      skip = 0;
      bytes = await this.range(key, 0, size);
    }
    // Replaced by a shorter one since it was listed: the next poll reads it.
    if (bytes === null) return [];
    const end = bytes.lastIndexOf(newline) + 1;
    if (end > skip) {
      const lastStart = bytes.lastIndexOf(newline, end - 2) + 1;
      this.segments.set(key, { etag, read: start + end, lastLine: bytes.slice(lastStart, end) });
    } else {
      this.segments.set(key, skip === 0 ? { etag, read: 0, lastLine: new Uint8Array(0) } : { ...before, etag });
    }
    const text = new TextDecoder().decode(bytes.subarray(skip, Math.max(skip, end)));
    return text.split('\n').filter((line) => line !== '');
  }

  private async range(key: string, start: number, length: number): Promise<Uint8Array | null> {
    try {
      return await this.store.getRange(key, start, length);
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code === 'store.range' || code === 'store.missing') return null;
      throw error;
    }
  }
}
