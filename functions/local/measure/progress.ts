/** @file How far a measurement is: one line rewritten in place on a terminal, JSON lines for programs, else nothing. */

import { duration } from '../../../shared/format.ts';
import type { Sitting, TimedModel } from '../../../shared/latency/measuring/schedule.ts';
import { layersOfPart } from '../../../shared/latency/part.ts';
import { type Console, writeJson } from '../console.ts';
import { bar } from '../display.ts';

const intervalMs = 200;
const jsonIntervalMs = 1000;

export class MeasuringProgress {
  /** work up to and with each visit, in the order of the schedule */
  private readonly workUpTo: number[] = [];
  private readonly startMs: number;
  private lastMs = Number.NEGATIVE_INFINITY;
  private shown = false;

  /**
   * @param from visits done by earlier runs
   * @param nowMs the clock
   */
  constructor(
    schedule: readonly Sitting[],
    private readonly from: number,
    private readonly console: Console,
    private readonly json: boolean,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    let sum = 0;
    for (const { models, rounds } of schedule) {
      const work = new Map(models.map((model) => [model.key, workOf(model)]));
      for (const key of rounds.flat()) {
        sum += work.get(key)!;
        this.workUpTo.push(sum);
      }
    }
    this.startMs = nowMs();
  }

  /** @param done visits done so far, those of earlier runs included */
  show(done: number): void {
    const now = this.nowMs();
    if (now - this.lastMs < (this.json ? jsonIntervalMs : intervalMs)) return;
    this.lastMs = now;
    const visits = this.workUpTo.length;
    const secondsLeft = this.secondsLeft(done, now);
    if (this.json) writeJson(this.console, { type: 'progress', done, visits, secondsLeft });
    else if (this.console.err.isTTY === true) {
      const left = secondsLeft === null ? 'time left not known yet' : `${duration(secondsLeft)} left`;
      const line = `${bar(this.work(done) / this.work(visits))} ${done} of ${visits} visits, ${left}`;
      this.console.err.write(`\r\x1b[K${line.slice(0, (this.console.err.columns ?? 80) - 1)}`);
      this.shown = true;
    }
  }

  clear(): void {
    if (this.shown) this.console.err.write('\r\x1b[K');
  }

  private secondsLeft(done: number, now: number): number | null {
    const doneNow = this.work(done) - this.work(this.from);
    if (doneNow <= 0) return null;
    return (((now - this.startMs) / 1000) * (this.work(this.workUpTo.length) - this.work(done))) / doneNow;
  }

  private work(visits: number): number {
    return visits === 0 ? 0 : this.workUpTo[visits - 1]!;
  }
}

/** About how long a visit takes, in any unit: the time it fills, and a call of models that take longer than that. */
function workOf({ parts }: TimedModel): number {
  const layers = parts.flatMap(({ part }) => layersOfPart(part));
  const millionMacs = layers.reduce((sum, { macs }) => sum + macs, 0) / 1e6;
  return 20 + millionMacs;
}
