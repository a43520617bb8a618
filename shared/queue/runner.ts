/**
 * @file A small scheduler of child processes: so many at a time in order of submission, attempts, timeouts, arrays,
 * dependencies. Every change is on disk before its consequences: after kill -9 of this process the next one adopts what
 * still runs and starts again what died. Only one process may hold a directory.
 */
import { randomUUID } from 'node:crypto';
import { FastpathError } from '../errors.ts';
import { type AttemptEnd, type AttemptOptions, JobAttempts, warnUnsaved } from './job-attempts.ts';
import { JobFiles } from './job-files.ts';
import {
  checkJobRequest,
  childId,
  hasEnded,
  type JobDescription,
  type JobEvent,
  type JobRequest,
  type JobStatus,
} from './job-queue.ts';
import { type JobRecord, newRecord } from './job-record.ts';

export interface RunnerOptions extends AttemptOptions {
  /** gets a folder a job */
  directory: string;
  /** processes at a time */
  concurrency: number;
  /** whether another start can help after the latest attempt, which was not asked to end */
  startsAgain(job: JobDescription): boolean;
  onEvent(event: JobEvent): void;
}

const keepEndedMs = 7 * 24 * 3600 * 1000;

export class Runner {
  private readonly files: JobFiles;
  private readonly records = new Map<string, JobRecord>();
  private readonly attempts: JobAttempts;
  private runnable: JobRecord[] = [];
  private readonly starting = new Set<Promise<void>>();
  private busy = 0;
  private closed = false;

  private constructor(private readonly options: RunnerOptions) {
    this.files = new JobFiles(options.directory);
    this.attempts = new JobAttempts(options, this.files, {
      change: (...change) => this.change(...change),
      over: (...end) => this.attempted(...end),
    });
  }

  /** Opens a directory that an earlier process may have left, and takes up its jobs. */
  static async open(options: RunnerOptions): Promise<Runner> {
    const runner = new Runner(options);
    const { records, damaged } = await runner.files.load();
    for (const folder of damaged) process.emitWarning(`The job in ${folder} cannot be read: it is left out.`);
    const oldest = options.clock.now().getTime() - keepEndedMs;
    for (const record of records.sort((a, b) => a.job.createdAt.getTime() - b.job.createdAt.getTime())) {
      const { id, status, createdAt } = record.job;
      if (hasEnded(status) && createdAt.getTime() < oldest) await runner.files.remove(id);
      else runner.records.set(id, record);
    }
    for (const record of runner.records.values()) await runner.takeUp(record);
    runner.startNext();
    return runner;
  }

  /** @throws FastpathError `queue.invalid`, `queue.refused`, `queue.unavailable` */
  async submit(request: JobRequest): Promise<{ id: string }> {
    checkJobRequest(request);
    const unknown = request.dependsOn?.find((id) => !this.records.has(id));
    if (unknown !== undefined) {
      throw new FastpathError('queue.refused', `The queue knows no job ${unknown} to wait for.`);
    }
    const createdAt = this.options.clock.now();
    const id = randomUUID();
    const { name, arraySize } = request;
    const parent = newRecord(request, { id, name, createdAt, ...(arraySize === undefined ? {} : { arraySize }) });
    const children = Array.from({ length: arraySize ?? 0 }, (_, arrayIndex) => {
      const { arraySize: _size, ...single } = request;
      return newRecord(single, { id: childId(id, arrayIndex), name, createdAt, arrayIndex, parent: id });
    });
    try {
      // The parent last: children without one are of a submission that was never answered.
      for (const record of [...children, parent]) await this.files.save(record);
    } catch (cause) {
      const message = `The job ${name} could not be written down under ${this.options.directory}: free some space there.`;
      throw new FastpathError('queue.unavailable', message, { retry: true, cause });
    }
    for (const record of [parent, ...children]) {
      this.records.set(record.job.id, record);
      this.emit(record);
    }
    await this.wait(parent);
    return { id };
  }

  describe(id: string): JobDescription | null {
    const record = this.records.get(id);
    return record === undefined ? null : structuredClone(record.job);
  }

  /** All jobs in order of submission. */
  *list(): Iterable<JobDescription> {
    for (const { job } of this.records.values()) yield structuredClone(job);
  }

  async terminate(id: string, reason: string): Promise<void> {
    const record = this.records.get(id);
    if (record === undefined || hasEnded(record.job.status)) return;
    if (record.job.arraySize !== undefined) {
      await Promise.all(this.childrenOf(record).map((child) => this.terminate(child.job.id, reason)));
      await this.change(record, record.job.status, reason);
      return;
    }
    if (record.job.status === 'starting' || record.job.status === 'running')
      await this.attempts.ask(record, 'terminate', reason);
    else await this.end(record, 'failed', reason);
  }

  /** Takes the running attempt's machine away: as `terminate`, but another attempt follows where one is left. */
  async reclaim(id: string, reason: string): Promise<void> {
    const record = this.records.get(id);
    if (record?.job.status === 'running') await this.attempts.ask(record, 'reclaim', reason);
  }

  /** Lets go of all jobs when their state is on disk; what runs goes on, for the next process to adopt. */
  async close(): Promise<void> {
    this.closed = true;
    this.attempts.close();
    await Promise.all(this.starting);
    await this.files.settled();
  }

  /** A submitted job, or a single job of an array whose parent has nothing left to wait for. */
  private async wait(record: JobRecord): Promise<void> {
    await this.change(record, 'pending', null);
    await this.advance(record);
  }

  private async advance(record: JobRecord): Promise<void> {
    if (record.job.status !== 'pending') return;
    const awaited = (record.request.dependsOn ?? []).map((id) => this.records.get(id)?.job.status ?? 'failed');
    if (awaited.includes('failed')) {
      for (const waiting of [...this.childrenOf(record), record])
        await this.end(waiting, 'failed', 'Dependent Job failed');
    } else if (awaited.every((status) => status === 'succeeded')) {
      const single = record.job.arraySize === undefined ? [record] : this.childrenOf(record);
      for (const job of single) {
        if (job.job.status !== 'submitted' && job.job.status !== 'pending') continue;
        await this.change(job, 'runnable', null);
        this.runnable.push(job);
      }
      this.startNext();
    }
  }

  private startNext(): void {
    while (!this.closed && this.busy < this.options.concurrency) {
      const next = this.runnable.shift();
      if (next === undefined) return;
      // Terminated while it waited for its turn.
      if (next.job.status !== 'runnable') continue;
      this.busy++;
      const start = this.attempts.begin(next).finally(() => this.starting.delete(start));
      this.starting.add(start);
    }
  }

  /** An attempt is over. */
  private async attempted(record: JobRecord, { exitCode, reason, final }: AttemptEnd): Promise<void> {
    const { job, request } = record;
    this.busy--;
    if (exitCode === 0 && !final) await this.end(record, 'succeeded', reason);
    else if (!final && job.attempts.length < request.attempts && this.options.startsAgain(structuredClone(job))) {
      await this.change(record, 'runnable', reason);
      this.runnable.push(record);
    } else await this.end(record, 'failed', reason);
    this.startNext();
  }

  private async end(record: JobRecord, status: 'succeeded' | 'failed', reason: string | null): Promise<void> {
    if (hasEnded(record.job.status)) return;
    await this.change(record, status, reason);
    const parent = this.records.get(record.job.parent ?? '');
    if (parent !== undefined) await this.endParent(parent);
    else
      for (const waiting of [...this.records.values()]) {
        if (waiting.request.dependsOn?.includes(record.job.id)) await this.advance(waiting);
      }
  }

  private async endParent(parent: JobRecord): Promise<void> {
    const statuses = this.childrenOf(parent).map(({ job }) => job.status);
    if (!statuses.every(hasEnded)) return;
    const failed = statuses.filter((status) => status === 'failed').length;
    const reason = failed === 0 ? null : (parent.job.reason ?? `${failed} of ${statuses.length} jobs failed`);
    await this.end(parent, failed === 0 ? 'succeeded' : 'failed', reason);
  }

  /** Takes up a job as the process before left it. */
  private async takeUp(record: JobRecord): Promise<void> {
    const { job } = record;
    if (job.status === 'submitted' && job.parent === undefined) await this.wait(record);
    else if (job.status === 'pending') {
      await this.advance(record);
      if (job.arraySize !== undefined) await this.endParent(record);
    } else if (job.status === 'runnable') this.runnable.push(record);
    else if (job.status === 'starting') {
      // Nothing began: the attempt does not count.
      job.attempts.pop();
      await this.change(record, 'runnable', null);
      this.runnable.push(record);
    } else if (job.status === 'running') {
      this.busy++;
      this.attempts.adopt(record);
    }
  }

  private childrenOf({ job }: JobRecord): JobRecord[] {
    return Array.from({ length: job.arraySize ?? 0 }, (_, i) => this.records.get(childId(job.id, i))!);
  }

  private async change(record: JobRecord, status: JobStatus, reason: string | null): Promise<void> {
    record.job.status = status;
    record.job.reason = reason;
    record.changes++;
    await this.files.save(record).catch(warnUnsaved);
    this.emit(record);
  }

  private emit({ job, changes }: JobRecord): void {
    this.options.onEvent({ id: `${job.id}/${changes}`, job: structuredClone(job), at: this.options.clock.now() });
  }
}
