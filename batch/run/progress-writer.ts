/**
 * @file Writes progress records as JSON lines in numbered segments. An object store cannot append, so the current
 * segment is written whole again at each flush and a new one begins when it is large.
 */
import { type ProgressRecord, progressRecordSchema } from '../../shared/contract/progress.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';

const flushMilliseconds = 1000;
const segmentBytes = 1_000_000;

export class ProgressWriter {
  private lines: string[] = [];
  private bytes = 0;
  private dirty = false;
  private flushedAt = 0;
  /** steps done, for records that follow: those of the latest record, or of the checkpoint that was loaded or saved */
  lastStep = 0;

  private constructor(
    private readonly store: ObjectStore,
    private readonly prefix: string,
    private segment: number,
  ) {}

  /** Goes on behind the segments that earlier attempts left. @param prefix the search's, without a final slash */
  static async open(store: ObjectStore, prefix: string): Promise<ProgressWriter> {
    let last = 0;
    for await (const { key } of store.list(`${prefix}/progress/`)) {
      last = Math.max(last, Number(/(\d+)\.jsonl$/.exec(key)?.[1] ?? 0));
    }
    return new ProgressWriter(store, prefix, last + 1);
  }

  /** Keeps a record, and flushes when the last flush is long enough ago. */
  async write(record: ProgressRecord): Promise<void> {
    const line = `${JSON.stringify(progressRecordSchema.parse(record))}\n`;
    if (this.bytes + line.length > segmentBytes) {
      await this.flush();
      this.segment++;
      this.lines = [];
      this.bytes = 0;
    }
    this.lines.push(line);
    this.lastStep = record.step;
    this.bytes += line.length;
    this.dirty = true;
    if (record.type !== 'step' || Date.now() - this.flushedAt >= flushMilliseconds) await this.flush();
  }

  async flush(): Promise<void> {
    if (!this.dirty) return;
    const key = `${this.prefix}/progress/${String(this.segment).padStart(6, '0')}.jsonl`;
    await this.store.put(key, Buffer.from(this.lines.join('')));
    this.dirty = false;
    this.flushedAt = Date.now();
  }
}
