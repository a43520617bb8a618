/**
 * @file The processes of jobs' attempts: begun, or adopted from a process before, timed out, asked to end, and killed
 * where that does not help. What follows from an attempt's end is the scheduler's.
 */
import type { Clock } from '../clock.ts';
import type { JobFiles } from './job-files.ts';
import { adoptProcess, type JobProcess, type PreparedProcess, prepareProcess } from './job-process.ts';
import { type JobAttempt, type JobStatus, killedExitCode, tryAgainExitCode } from './job-queue.ts';
import type { Ending, JobRecord } from './job-record.ts';

export interface AttemptOptions {
  /** program and arguments of every job */
  command: readonly string[];
  /** what every job's environment begins with */
  environment: NodeJS.ProcessEnv;
  /** between SIGTERM and SIGKILL */
  graceMs: number;
  clock: Clock;
}

/** How an attempt ended. */
export interface AttemptEnd {
  exitCode: number | null;
  reason: string;
  /** it was terminated or took too long: no other one may follow */
  final: boolean;
}

/** What attempts tell their scheduler. */
interface Scheduler {
  change(record: JobRecord, status: JobStatus, reason: string | null): Promise<void>;
  over(record: JobRecord, end: AttemptEnd): Promise<void>;
}

/** The most that setTimeout waits. */
const longestTimerMs = 2 ** 31 - 1;

export class JobAttempts {
  private readonly processes = new Map<string, JobProcess>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly options: AttemptOptions,
    private readonly files: JobFiles,
    private readonly scheduler: Scheduler,
  ) {}

  /** One more attempt. Returns when it runs, or when what followed from its failing to start is on disk. */
  async begin(record: JobRecord): Promise<void> {
    const { job } = record;
    const number = job.attempts.length + 1;
    const log = this.files.log(job.id, number);
    const exitFile = this.files.exit(job.id, number);
    const attempt: JobAttempt = { startedAt: null, stoppedAt: null, exitCode: null, reason: null, log };
    job.attempts.push(attempt);
    let prepared: PreparedProcess | null = null;
    try {
      await this.scheduler.change(record, 'starting', null);
      const environment = { ...this.options.environment, ...environmentOf(record) };
      prepared = await prepareProcess({ command: this.options.command, environment, log, exitFile });
      record.process = prepared.name;
      attempt.startedAt = this.options.clock.now();
      job.status = 'running';
      await this.files.save(record);
    } catch (error) {
      prepared?.signal('SIGKILL');
      const reason = `Could not start the process: ${(error as Error).message}`;
      await this.ended(record, tryAgainExitCode, reason);
      return;
    }
    await this.scheduler.change(record, 'running', null);
    this.watch(record, prepared);
    // Asked to end while it was being started: then the watch has signalled it.
    if (record.ending === null) prepared.begin();
  }

  /** Goes on with an attempt that a process before this one began. */
  adopt(record: JobRecord): void {
    const exitFile = this.files.exit(record.job.id, record.job.attempts.length);
    this.watch(record, adoptProcess(record.process!, exitFile));
  }

  /** Asks the running attempt to end. */
  async ask(record: JobRecord, kind: Ending['kind'], reason: string): Promise<void> {
    // The first wish counts, but a terminated job must not start again.
    if (record.ending !== null && kind !== 'terminate') return;
    const killAt = record.ending?.killAt ?? new Date(this.nowMs() + this.options.graceMs);
    const ending = { kind, reason, killAt };
    record.ending = ending;
    await this.files.save(record).catch(warnUnsaved);
    // Meanwhile the attempt may have ended, or not yet begun.
    if (record.ending === ending && this.processes.has(record.job.id)) this.pursue(record, ending);
  }

  /** Lets go of what runs, which goes on. */
  close(): void {
    this.closed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private watch(record: JobRecord, running: JobProcess): void {
    const { id, attempts } = record.job;
    this.processes.set(id, running);
    const leftMs = attempts.at(-1)!.startedAt!.getTime() + record.request.timeoutSeconds * 1000 - this.nowMs();
    if (record.ending !== null) this.pursue(record, record.ending);
    else this.after(id, leftMs, () => this.ask(record, 'timeout', 'Job attempt duration exceeded timeout'));
    void running.exited.then((code) => {
      if (!this.closed) void this.ended(record, code, null);
    });
  }

  private pursue({ job: { id } }: JobRecord, { killAt }: Ending): void {
    const running = this.processes.get(id)!;
    running.signal('SIGTERM');
    this.after(id, killAt.getTime() - this.nowMs(), () => running.signal('SIGKILL'));
  }

  /** @param code null: nobody saw how */
  private async ended(record: JobRecord, code: number | null, problem: string | null): Promise<void> {
    const { job, ending } = record;
    const exitCode = code ?? (ending === null ? null : killedExitCode);
    const reason = problem ?? ending?.reason ?? reasonOf(exitCode);
    Object.assign(job.attempts.at(-1)!, { stoppedAt: this.options.clock.now(), exitCode, reason });
    record.process = null;
    record.ending = null;
    this.processes.delete(job.id);
    clearTimeout(this.timers.get(job.id));
    this.timers.delete(job.id);
    await this.scheduler.over(record, { exitCode, reason, final: ending !== null && ending.kind !== 'reclaim' });
  }

  private after(id: string, ms: number, act: () => void): void {
    clearTimeout(this.timers.get(id));
    if (this.closed) return;
    this.timers.set(id, setTimeout(act, Math.min(Math.max(0, ms), longestTimerMs)));
  }

  private nowMs(): number {
    return this.options.clock.now().getTime();
  }
}

function environmentOf({ request, job }: JobRecord): Record<string, string> {
  return {
    ...request.environment,
    AWS_BATCH_JOB_ID: job.id,
    AWS_BATCH_JOB_ATTEMPT: String(job.attempts.length),
    ...(job.arrayIndex === undefined ? {} : { AWS_BATCH_JOB_ARRAY_INDEX: String(job.arrayIndex) }),
  };
}

function reasonOf(exitCode: number | null): string {
  return exitCode === null ? 'The process was lost' : 'Essential container in task exited';
}

/** A job's state stays as it was on disk: what lies there is older, not wrong. */
export function warnUnsaved(error: unknown): void {
  process.emitWarning(`A job's state could not be written: ${(error as Error).message}`);
}
