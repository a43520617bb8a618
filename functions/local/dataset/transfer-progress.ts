/** @file How far a walk through shards is: one line rewritten on a terminal, a line each ten seconds elsewhere, or JSON. */
import { bytes, duration } from '../../../shared/format.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { bar } from '../display.ts';

const terminalIntervalMs = 200;
const jsonIntervalMs = 1000;
const plainIntervalMs = 10_000;

export interface Transfer {
  bytes: number;
  ofBytes: number;
  /** of `bytes`, those that were there when this run began */
  bytesBefore: number;
}

export class TransferProgress {
  private readonly startMs: number;
  private lastMs: number;
  private shown = false;

  /** @param nowMs the clock, in milliseconds */
  constructor(
    private readonly console: Console,
    private readonly json: boolean,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.startMs = nowMs();
    this.lastMs = this.startMs;
  }

  /** @param words what is counted besides bytes */
  show(transfer: Transfer, words: string): void {
    const now = this.nowMs();
    const { err } = this.console;
    const intervalMs = this.json ? jsonIntervalMs : err.isTTY === true ? terminalIntervalMs : plainIntervalMs;
    if (now - this.lastMs < intervalMs) return;
    this.lastMs = now;
    const secondsLeft = this.secondsLeft(transfer, now);
    const left = secondsLeft === null ? 'time left not known yet' : `${duration(secondsLeft)} left`;
    const line = `${bytes(transfer.bytes)} of ${bytes(transfer.ofBytes)}, ${words}, ${left}`;
    if (this.json) writeJson(this.console, { type: 'progress', ...transfer, secondsLeft });
    else if (err.isTTY === true) {
      const drawn = `${bar(transfer.bytes / transfer.ofBytes)} ${line}`;
      err.write(`\r\x1b[K${drawn.slice(0, (err.columns ?? 80) - 1)}`);
      this.shown = true;
    } else writeLine(err, line);
  }

  /** Takes the live line away. */
  clear(): void {
    if (this.shown) this.console.err.write('\r\x1b[K');
    this.shown = false;
  }

  private secondsLeft({ bytes: done, ofBytes, bytesBefore }: Transfer, now: number): number | null {
    const doneNow = done - bytesBefore;
    if (doneNow <= 0) return null;
    return (((now - this.startMs) / 1000) * (ofBytes - done)) / doneNow;
  }
}
