/**
 * @file Reads a search's progress segments from the store while a worker writes them: one conditional GET a poll, each
 * record once, and never more than a bounded log, whatever the worker writes.
 */
import type { ProgressRecord } from '../../../shared/contract/progress.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { parseProgressLine, SeenRecords } from '../../../shared/progress-lines.ts';
import type { ObjectStore, StoredObject } from '../../../shared/store/object-store.ts';
import { progressKey } from '../../../shared/store/search-keys.ts';

/** A record and its place: the segment times a million, plus the line in it. Places go up and never change. */
export interface ProgressEntry {
  id: number;
  record: ProgressRecord;
  /** of the record's line in the store */
  bytes: number;
}

const placesPerSegment = 1_000_000;
/** A worker begins a new segment at a megabyte; from here on the next one is looked for. */
const nearlyFullBytes = 800_000;
/** More than any honest worker writes. */
const segmentLimitBytes = 2_000_000;
const lineLimitBytes = 100_000;
const logLimitBytes = 32_000_000;

export class ProgressLog {
  private segment = 1;
  private etag: string | null = null;
  private linesRead = 0;
  private bytesRead = 0;
  private probing = false;
  private caughtUp = false;
  private readonly seen = new SeenRecords();

  constructor(
    private readonly store: ObjectStore,
    private readonly prefix: string,
  ) {}

  /**
   * Records that came since the last poll, in order. The first poll reads all there are.
   * @param all so does this one: two requests instead of one, for when nothing more is to come
   */
  async poll(all = false): Promise<ProgressEntry[]> {
    if (this.bytesRead > logLimitBytes) return [];
    if (all || !this.caughtUp) {
      const entries = [...(await this.readCurrent()), ...(await this.readOn())];
      this.caughtUp = this.etag !== null;
      return entries;
    }
    if (this.probing) {
      this.probing = false;
      return this.readOn();
    }
    return this.readCurrent();
  }

  private async readCurrent(): Promise<ProgressEntry[]> {
    const found = await this.read(this.segment, this.etag);
    this.probing = this.etag !== null && (found === null || found.bytes.length > nearlyFullBytes);
    return found === null ? [] : this.take(found);
  }

  /** Moves on while there is another segment; the one before is final then, so that it is read to its end first. */
  private async readOn(): Promise<ProgressEntry[]> {
    const entries: ProgressEntry[] = [];
    while (this.etag !== null && this.bytesRead <= logLimitBytes) {
      const next = await this.read(this.segment + 1, null);
      if (next === null) break;
      const rest = await this.read(this.segment, this.etag);
      if (rest !== null) entries.push(...this.take(rest));
      this.segment++;
      this.linesRead = 0;
      entries.push(...this.take(next));
    }
    return entries;
  }

  private async read(segment: number, etag: string | null): Promise<StoredObject | null> {
    try {
      return await this.store.getIfChanged(progressKey(this.prefix, segment), etag);
    } catch (error) {
      // Deleted with its search.
      if (error instanceof FastpathError && error.code === 'store.missing') return null;
      throw error;
    }
  }

  private take({ bytes, etag }: StoredObject): ProgressEntry[] {
    this.etag = etag;
    if (bytes.length > segmentLimitBytes) return [];
    const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
    const entries: ProgressEntry[] = [];
    for (const [i, line] of lines.entries()) {
      if (i < this.linesRead) continue;
      this.bytesRead += line.length;
      const record = line.length > lineLimitBytes ? null : parseProgressLine(line);
      if (record === null || !this.seen.isNew(record)) continue;
      entries.push({ id: this.segment * placesPerSegment + i, record, bytes: line.length });
    }
    this.linesRead = Math.max(this.linesRead, lines.length);
    return entries;
  }
}
