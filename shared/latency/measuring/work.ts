/** @file How much of a schedule is done, by the work of its visits, and how long the rest takes. */
import { layersOfPart } from '../part.ts';
import type { Sitting, TimedModel } from './schedule.ts';

export class MeasuringWork {
  /** work up to and with each visit, in the order of the schedule */
  private readonly workUpTo: number[] = [];
  private readonly startMs: number;

  /**
   * @param from visits done by earlier runs
   * @param nowMs the clock
   */
  constructor(
    schedule: readonly Sitting[],
    private readonly from: number,
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

  get visits(): number {
    return this.workUpTo.length;
  }

  /** @param done visits done so far, those of earlier runs included */
  fraction(done: number): number {
    return this.work(done) / this.work(this.visits);
  }

  /** null while this run has done nothing */
  secondsLeft(done: number): number | null {
    const doneNow = this.work(done) - this.work(this.from);
    if (doneNow <= 0) return null;
    return (((this.nowMs() - this.startMs) / 1000) * (this.work(this.visits) - this.work(done))) / doneNow;
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
