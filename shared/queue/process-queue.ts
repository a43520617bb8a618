/** @file The job queue of one machine: each job is a process here. */
import {
  type JobDescription,
  type JobQueue,
  type JobRequest,
  type JobStatus,
  killedExitCode,
  tryAgainExitCode,
} from './job-queue.ts';
import { Runner, type RunnerOptions } from './runner.ts';

export class ProcessQueue implements JobQueue {
  private constructor(private readonly runner: Runner) {}

  /** Opens the queue in a directory, which an earlier process may have left, and goes on with its jobs. */
  static async open(options: Omit<RunnerOptions, 'startsAgain'>): Promise<ProcessQueue> {
    return new ProcessQueue(await Runner.open({ ...options, startsAgain }));
  }

  submit(request: JobRequest): Promise<{ id: string }> {
    return this.runner.submit(request);
  }

  async describe(ids: readonly string[]): Promise<JobDescription[]> {
    return ids.map((id) => this.runner.describe(id)).filter((job) => job !== null);
  }

  async *list({ status, namePrefix = '' }: { status?: JobStatus; namePrefix?: string }): AsyncIterable<JobDescription> {
    for (const job of this.runner.list()) {
      if (job.parent !== undefined || !job.name.startsWith(namePrefix)) continue;
      if (status === undefined || job.status === status) yield job;
    }
  }

  terminate(id: string, reason: string): Promise<void> {
    return this.runner.terminate(id, reason);
  }

  /** Lets go of the queue; what runs goes on and is adopted by the next `open`. */
  close(): Promise<void> {
    return this.runner.close();
  }
}

/** Nobody saw it end (with the machine, or with what watched it), it was killed, or it asks for it. */
function startsAgain({ attempts }: JobDescription): boolean {
  const exitCode = attempts.at(-1)!.exitCode;
  return exitCode === null || exitCode === killedExitCode || exitCode === tryAgainExitCode;
}
