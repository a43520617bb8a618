/**
 * @file The job-queue port: runs worker processes, each as often as its attempts allow. Two adapters stand behind it,
 * processes on this machine and AWS Batch, and both pass the same contract suite. Names and limits are Batch's, so that
 * what one adapter takes the other takes too.
 *
 * The worker is told by its environment: AWS_BATCH_JOB_ID, AWS_BATCH_JOB_ATTEMPT (from 1) and, in an array,
 * AWS_BATCH_JOB_ARRAY_INDEX (from 0), on both.
 */
import { FastpathError } from '../errors.ts';

export interface JobRequest {
  /** letters, digits, `-` and `_`, at most 128 */
  name: string;
  /** added to what the queue's job has already; names that begin with AWS_BATCH are the queue's own */
  environment: Record<string, string>;
  /**
   * 1 to `mostAttempts`. The job starts again only where another start can help: its machine was lost, it was killed, or it exited
   * with `tryAgainExitCode`. Any other end is final, and so are a timeout and `terminate`.
   */
  attempts: number;
  /** of one attempt; it is then asked to stop, and killed after a grace time. Batch takes no less than 60 */
  timeoutSeconds: number;
  /** 2 to 10,000: as many jobs, named `{id}:{index}`, under a parent that ends when all have */
  arraySize?: number;
  /** ids of up to 20 jobs that must succeed first; when one fails this job fails, too */
  dependsOn?: string[];
  tags?: Record<string, string>;
  /** whose job it is, letters and digits: where machines are short, Batch gives to each alike */
  share?: string;
}

export const jobStatuses = ['submitted', 'pending', 'runnable', 'starting', 'running', 'succeeded', 'failed'] as const;

/** In order of a job's life, except that another attempt goes back to `runnable`. The parent of an array: `pending`, then its end. */
export type JobStatus = (typeof jobStatuses)[number];

export interface JobAttempt {
  startedAt: Date | null;
  /** null while it runs */
  stoppedAt: Date | null;
  /** as a shell sees it: 128 + number of the signal that killed it; null where nobody saw it end */
  exitCode: number | null;
  /** why it ended, in the queue's words */
  reason: string | null;
  /** where its output went: a file on this machine, or the log stream's name */
  log: string | null;
}

export interface JobDescription {
  id: string;
  name: string;
  status: JobStatus;
  /** why it has this status; for a terminated job the reason that was given */
  reason: string | null;
  /** those that began, the running one included */
  attempts: JobAttempt[];
  createdAt: Date;
  /** of a parent */
  arraySize?: number;
  /** of a child */
  arrayIndex?: number;
  /** of a child: the id of its parent */
  parent?: string;
}

/** A job took another status. Events may come twice, late, out of order, or never. */
export interface JobEvent {
  /** the same for repetitions of one event, and for no other */
  id: string;
  job: JobDescription;
  at: Date;
}

/** Every method throws FastpathError `queue.unavailable` (retry) where the queue cannot be reached. */
export interface JobQueue {
  /**
   * Returns when the queue will not forget the job. At least once: after `queue.unavailable` the job may exist.
   * @throws FastpathError `queue.invalid` for a request that no queue takes, `queue.refused` for one that this does not
   */
  submit(request: JobRequest): Promise<{ id: string }>;
  /** In the order of `ids`, any number of them; ids that the queue does not know, or no longer, are left out. */
  describe(ids: readonly string[]): Promise<JobDescription[]>;
  /** Without children of arrays: describe those by `childId`. Ended jobs stay for about a week. */
  list(filter: { status?: JobStatus; namePrefix?: string }): AsyncIterable<JobDescription>;
  /**
   * Asks the job to end: a waiting one fails at once, a running one gets SIGTERM, then SIGKILL after a grace time. With
   * a parent its children end. No error where the job has ended already or is not known.
   */
  terminate(id: string, reason: string): Promise<void>;
}

/** As Batch has it. */
export const mostAttempts = 10;

/** A worker that exits with this asks for another attempt (EX_TEMPFAIL of sysexits.h). */
export const tryAgainExitCode = 75;

/** Of a process that SIGKILL ended. */
export const killedExitCode = 128 + 9;

export function childId(parent: string, index: number): string {
  return `${parent}:${index}`;
}

/** Of a child; any other job's id stays as it is. */
export function parentOf(id: string): string {
  return id.split(':')[0]!;
}

export function hasEnded(status: JobStatus): boolean {
  return status === 'succeeded' || status === 'failed';
}

/** @throws FastpathError `queue.invalid` */
export function checkJobRequest(request: JobRequest): void {
  const { name, environment, attempts, timeoutSeconds, arraySize, dependsOn = [], share } = request;
  const wrong = (what: string) => new FastpathError('queue.invalid', `The job ${JSON.stringify(name)} ${what}.`);
  if (!/^[A-Za-z0-9][\w-]{0,127}$/.test(name)) throw wrong('needs a name of letters, digits, - and _, at most 128');
  if (!within(attempts, 1, mostAttempts)) throw wrong(`has ${attempts} attempts: give 1 to ${mostAttempts}`);
  if (!within(timeoutSeconds, 1, 1e9)) throw wrong(`has a timeout of ${timeoutSeconds} s: give whole seconds`);
  if (arraySize !== undefined && !within(arraySize, 2, 10_000)) {
    throw wrong(`is an array of ${arraySize}: give 2 to 10000, or none`);
  }
  if (dependsOn.length > 20) throw wrong(`waits for ${dependsOn.length} jobs: 20 is the most`);
  if (share !== undefined && !/^[A-Za-z0-9]{1,255}$/.test(share)) {
    throw wrong(`has the share ${JSON.stringify(share)}: give letters and digits`);
  }
  const reserved = Object.keys(environment).find((key) => !/^(?!AWS_BATCH)[A-Za-z_]\w*$/.test(key));
  if (reserved !== undefined) throw wrong(`may not set the variable ${JSON.stringify(reserved)}`);
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
