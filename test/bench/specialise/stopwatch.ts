/** @file Wall time of all runs in a work folder together: a run may be stopped at any moment, and goes on later. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const everyMs = 5000;

export class Stopwatch {
  private readonly file: string;
  private readonly earlierMinutes: number;
  private readonly begun = performance.now();
  private readonly timer = setInterval(() => this.keep(), everyMs).unref();

  constructor(work: string) {
    this.file = join(work, 'minutes');
    this.earlierMinutes = existsSync(this.file) ? Number(readFileSync(this.file, 'utf8')) : 0;
  }

  get minutes(): number {
    return this.earlierMinutes + (performance.now() - this.begun) / 60_000;
  }

  stop(): number {
    clearInterval(this.timer);
    this.keep();
    return this.minutes;
  }

  private keep(): void {
    writeFileSync(this.file, String(this.minutes));
  }
}
