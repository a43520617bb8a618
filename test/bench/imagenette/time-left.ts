/** @file Tells how much longer a run takes, by what was planned and what is done. */
import { availableParallelism } from 'node:os';
import { duration } from '../../../shared/format.ts';

const everyMs = 60_000;
/** Counted here: while something is timed, this process is pinned to fewer. */
const processors = availableParallelism();

export class TimeLeft {
  private readonly timer = setInterval(() => this.tell(), everyMs).unref();
  private changedMs = performance.now();

  /** @param plannedSeconds of all jobs, each in a process of its own, as many at once as there are processors */
  constructor(private plannedSeconds: number) {}

  /** The job, whose planned time is over with it. */
  async without<T>(seconds: number, job: Promise<T>): Promise<T> {
    const done = await job;
    this.plannedSeconds -= seconds;
    this.changedMs = performance.now();
    this.tell();
    return done;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private tell(): void {
    const sinceSeconds = (performance.now() - this.changedMs) / 1000;
    const seconds = Math.max(0, this.plannedSeconds / processors - sinceSeconds);
    console.error(`about ${duration(seconds)} left`);
  }
}
