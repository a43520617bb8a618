/**
 * @file A search that somebody follows: one poller for all its followers, who share one log of ready-made events. It
 * polls only while somebody waits, and forgets the log some time after the last one left.
 */
import { isTerminal, type SearchState } from '../../../shared/search-state/search-state.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { ProgressLog } from './progress-log.ts';
import { encodeRecord, encodeState } from './sse-format.ts';

/** A record as followers get it; the bytes are shared by all of them. */
export interface FollowedEntry {
  id: number;
  /** JSON of the record */
  json: string;
  event: Uint8Array;
}

export interface FollowOptions {
  store: ObjectStore;
  prefix: string;
  /** null where the search is not there any more */
  readState(): Promise<SearchState | null>;
  pollMs: number;
}

export class FollowedSearch {
  readonly entries: FollowedEntry[] = [];
  /** of the latest poll; null before the first one, and where the search was deleted */
  state: SearchState | null = null;
  /** nothing will come any more */
  over = false;
  /** why the latest poll failed; null where it did not */
  failure: unknown = null;
  followers = 0;
  private readonly log: ProgressLog;
  private readonly waiting = new Set<() => void>();
  private polling: Promise<void> | null = null;
  private polledAt = Number.NEGATIVE_INFINITY;
  /** polls in a row that found nothing */
  private quietPolls = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: FollowOptions) {
    this.log = new ProgressLog(options.store, options.prefix);
  }

  /** Index of the first entry behind the record `after`. */
  indexAfter(after: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]!.id <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Resolves once something may have changed. Polling goes on as long as somebody waits. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        if (this.waiting.size === 0 && this.timer !== null) {
          clearTimeout(this.timer);
          this.timer = null;
        }
        resolve();
      };
      if (signal.aborted || this.over) return resolve();
      signal.addEventListener('abort', done);
      this.waiting.add(done);
      this.schedule();
    });
  }

  /** Brings the log up to date, unless that was done a moment ago. @throws what the store or the database threw */
  async refresh(): Promise<void> {
    if (performance.now() - this.polledAt >= this.options.pollMs) await this.poll();
    if (this.failure !== null) throw this.failure;
  }

  private schedule(): void {
    if (this.timer !== null || this.polling !== null || this.over) return;
    const waitMs = Math.max(0, this.polledAt + this.options.pollMs - performance.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.poll();
    }, waitMs);
  }

  /** One poll at a time, whoever asks for it. Never rejects: see `failure`. */
  private poll(): Promise<void> {
    this.polling ??= this.pollOnce().finally(() => {
      this.polling = null;
      if (this.waiting.size > 0) this.schedule();
    });
    return this.polling;
  }

  private async pollOnce(): Promise<void> {
    const before = { count: this.entries.length, state: this.state };
    try {
      // The state first: what a worker wrote before its search ended is there when the end is.
      const state = await this.options.readState();
      const ended = state === null || isTerminal(state);
      for (const { id, record } of await this.log.poll(ended)) {
        const json = JSON.stringify(record);
        this.entries.push({ id, json, event: encodeRecord(id, json) });
      }
      this.state = state;
      this.quietPolls = this.entries.length > before.count || state !== before.state ? 0 : this.quietPolls + 1;
      // A worker that was told to stop may still have a word to say.
      this.over = ended && this.quietPolls >= 2;
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
    this.polledAt = performance.now();
    const changed = this.entries.length > before.count || this.state !== before.state || this.over;
    if (changed) for (const wake of [...this.waiting]) wake();
  }

  /** The event that tells of the state. */
  stateEvent(): Uint8Array {
    return encodeState(this.state);
  }
}
