/** @file How far a measurement is: one line rewritten in place on a terminal, JSON lines for programs, else nothing. */

import { duration } from '../../../shared/format.ts';
import type { Sitting } from '../../../shared/latency/measuring/schedule.ts';
import { MeasuringWork } from '../../../shared/latency/measuring/work.ts';
import { type Console, writeJson } from '../console.ts';
import { bar } from '../display.ts';

const intervalMs = 200;
const jsonIntervalMs = 1000;

export class MeasuringProgress {
  private readonly work: MeasuringWork;
  private lastMs = Number.NEGATIVE_INFINITY;
  private shown = false;

  /**
   * @param from visits done by earlier runs
   * @param nowMs the clock
   */
  constructor(
    schedule: readonly Sitting[],
    from: number,
    private readonly console: Console,
    private readonly json: boolean,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.work = new MeasuringWork(schedule, from, nowMs);
  }

  /** @param done visits done so far, those of earlier runs included */
  show(done: number): void {
    const now = this.nowMs();
    if (now - this.lastMs < (this.json ? jsonIntervalMs : intervalMs)) return;
    this.lastMs = now;
    const { visits } = this.work;
    const secondsLeft = this.work.secondsLeft(done);
    if (this.json) writeJson(this.console, { type: 'progress', done, visits, secondsLeft });
    else if (this.console.err.isTTY === true) {
      const left = secondsLeft === null ? 'time left not known yet' : `${duration(secondsLeft)} left`;
      const line = `${bar(this.work.fraction(done))} ${done} of ${visits} visits, ${left}`;
      this.console.err.write(`\r\x1b[K${line.slice(0, (this.console.err.columns ?? 80) - 1)}`);
      this.shown = true;
    }
  }

  clear(): void {
    if (this.shown) this.console.err.write('\r\x1b[K');
  }
}
