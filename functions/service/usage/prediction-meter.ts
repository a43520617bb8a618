/**
 * @file Counts predictions in memory and writes them down twice a second. A batch keeps its number until the database
 * has it, so that one whose answer was lost is never counted twice. What was counted since the last write is lost when
 * the process is killed: at most a second of it.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import type { PredictionBatch } from './record.ts';

/** Half of what may be lost: the rest is for the write itself. */
const flushMs = 500;

export class PredictionMeter {
  private readonly instance = randomUUID();
  private sequence = 0;
  private counts = new Map<string, number>();
  /** on its way to the database, or waiting for it to come back */
  private pending: PredictionBatch | null = null;
  private flushing: Promise<void> | null = null;
  private readonly timer: NodeJS.Timeout;

  /**
   * @param record writes a batch down once; where it throws the batch is sent again
   * @param onError told of each failed write
   */
  constructor(
    private readonly clock: Clock,
    private readonly record: (batch: PredictionBatch) => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {
    this.timer = setInterval(() => void this.flush(), flushMs).unref();
  }

  /** Counts; returns at once. */
  add(use: { tenant: string; predictions: number }): void {
    if (use.predictions <= 0) return;
    this.counts.set(use.tenant, (this.counts.get(use.tenant) ?? 0) + use.predictions);
  }

  /** Writes down what was counted so far. Never throws: what could not be written stays for the next time. */
  flush(): Promise<void> {
    this.flushing ??= this.write().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  /** Writes down the rest and stops. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    // One under way may hold an older batch; what came since goes with the second.
    await this.flush();
    await this.flush();
  }

  private async write(): Promise<void> {
    if (this.pending === null && this.counts.size > 0) {
      const { instance, counts: predictions } = this;
      this.pending = { instance, sequence: this.sequence++, at: this.clock.now(), predictions };
      this.counts = new Map();
    }
    if (this.pending === null) return;
    try {
      await this.record(this.pending);
      this.pending = null;
    } catch (error) {
      this.onError(error);
    }
  }
}
