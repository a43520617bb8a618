/** @file The job queue of AWS Batch. */
import { randomBytes } from 'node:crypto';
import type {
  BatchServiceException,
  JobStatus as BatchStatus,
  EvaluateOnExit,
  ListJobsCommandInput,
  ListJobsCommandOutput,
  SubmitJobCommandInput,
} from '@aws-sdk/client-batch';
import { FastpathError } from '../errors.ts';
import type { BatchCalls } from './batch-calls.ts';
import { batchJobSchema, descriptionOf } from './batch-job.ts';
import {
  checkJobRequest,
  type JobDescription,
  type JobQueue,
  type JobRequest,
  type JobStatus,
  tryAgainExitCode,
} from './job-queue.ts';

export interface BatchQueueOptions {
  /** name or ARN */
  jobQueue: string;
  /** name, name:revision or ARN; its container runs the worker */
  jobDefinition: string;
  /** absent: what the environment says */
  region?: string;
  /** absent: AWS */
  endpoint?: string;
  /** absent: the SDK's usual chain (environment, profile, role) */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** The most that DescribeJobs takes, and that ListJobs answers with a filter. */
const pageSize = 100;
const tries = 5;
const firstDelayMs = 100;

/** The first that matches decides; five is the most that Batch takes. */
const evaluateOnExit: EvaluateOnExit[] = [
  { onStatusReason: 'Host EC2*', action: 'RETRY' },
  // Killed for the memory it wanted: it would want it again.
  { onReason: 'OutOfMemory*', action: 'EXIT' },
  { onExitCode: '137', action: 'RETRY' },
  { onExitCode: String(tryAgainExitCode), action: 'RETRY' },
  { onReason: '*', action: 'EXIT' },
];

export class BatchQueue implements JobQueue {
  private calls: BatchCalls | undefined;

  constructor(private readonly options: BatchQueueOptions) {}

  async submit(request: JobRequest): Promise<{ id: string }> {
    checkJobRequest(request);
    const { name, environment, attempts, timeoutSeconds, arraySize, dependsOn = [], tags, share } = request;
    const job: SubmitJobCommandInput = {
      jobName: name,
      jobQueue: this.options.jobQueue,
      jobDefinition: this.options.jobDefinition,
      containerOverrides: {
        environment: Object.entries({ ...environment, FASTPATH_CREDENTIALS_TOKEN: newToken() }).map(([key, value]) => ({
          name: key,
          value,
        })),
      },
      retryStrategy: { attempts, evaluateOnExit },
      timeout: { attemptDurationSeconds: timeoutSeconds },
      dependsOn: dependsOn.map((jobId) => ({ jobId })),
      ...(arraySize === undefined ? {} : { arrayProperties: { size: arraySize } }),
      ...(share === undefined ? {} : { shareIdentifier: share }),
      ...(tags === undefined ? {} : { tags, propagateTags: true }),
    };
    // Sent again only where Batch said that it did nothing: after a lost answer the job may be there.
    const reply = await this.send(`submit ${name}`, (batch) => batch.submit(job), isThrottled);
    return { id: reply.jobId! };
  }

  async describe(ids: readonly string[]): Promise<JobDescription[]> {
    const jobs: JobDescription[] = [];
    for (let from = 0; from < ids.length; from += pageSize) {
      const page = ids.slice(from, from + pageSize);
      const reply = await this.send('describe jobs', (batch) => batch.describe({ jobs: page }), mayPass);
      const byId = new Map((reply.jobs ?? []).map((job) => [job.jobId, job]));
      for (const id of page) {
        const job = byId.get(id);
        if (job !== undefined) jobs.push(descriptionOf(batchJobSchema.parse(job)));
      }
    }
    return jobs;
  }

  async *list({ status, namePrefix = '' }: { status?: JobStatus; namePrefix?: string }): AsyncIterable<JobDescription> {
    const selection = selectionOf(status, namePrefix);
    let nextToken: string | undefined;
    do {
      const page: ListJobsCommandInput = {
        jobQueue: this.options.jobQueue,
        maxResults: pageSize,
        ...selection,
        ...(nextToken === undefined ? {} : { nextToken }),
      };
      const reply: ListJobsCommandOutput = await this.send('list jobs', (batch) => batch.list(page), mayPass);
      const named = (reply.jobSummaryList ?? []).filter(({ jobName }) => jobName!.startsWith(namePrefix));
      for (const job of await this.describe(named.map(({ jobId }) => jobId!))) {
        // It may have gone on since it was listed.
        if (status === undefined || job.status === status) yield job;
      }
      nextToken = reply.nextToken;
    } while (nextToken !== undefined);
  }

  async terminate(id: string, reason: string): Promise<void> {
    await this.send(`terminate ${id}`, (batch) => batch.terminate({ jobId: id, reason }), mayPass);
  }

  /** Calls up to five times while `again` says so, with full jitter between. @throws FastpathError */
  private async send<T>(
    what: string,
    call: (batch: BatchCalls) => Promise<T>,
    again: (error: unknown) => boolean,
  ): Promise<T> {
    const batch = await this.open();
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(batch);
      } catch (error) {
        if (attempt === tries || !again(error)) throw this.explain(error, what);
        const delayMs = Math.random() * firstDelayMs * 2 ** attempt;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  }

  private async open(): Promise<BatchCalls> {
    if (this.calls !== undefined) return this.calls;
    const { batchCalls } = await import('./batch-calls.ts');
    const { region, endpoint, credentials } = this.options;
    this.calls ??= batchCalls({
      // Tries again here, where it is known what may be sent twice.
      maxAttempts: 1,
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    });
    return this.calls;
  }

  private explain(error: unknown, what: string): FastpathError {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const where = `in the job queue ${this.options.jobQueue}`;
    if (!mayPass(error)) {
      const advice = 'check the names of queue and job definition, and the rights on them';
      return new FastpathError('queue.refused', `Could not ${what} ${where} (${detail}): ${advice}.`, { cause: error });
    }
    return new FastpathError('queue.unavailable', `Could not ${what} ${where} (${detail}): try again later.`, {
      retry: true,
      cause: error,
    });
  }
}

/** By this the credential function knows the job's container: nobody else is told. */
function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** ListJobs takes a status or a filter; without either it would tell running jobs only. */
function selectionOf(status: JobStatus | undefined, namePrefix: string): Partial<ListJobsCommandInput> {
  if (status !== undefined) return { jobStatus: status.toUpperCase() as BatchStatus };
  if (namePrefix !== '') return { filters: [{ name: 'JOB_NAME', values: [`${namePrefix}*`] }] };
  return { filters: [{ name: 'AFTER_CREATED_AT', values: ['0'] }] };
}

/** Of what Batch answered; without an answer there is none. */
function statusOf(error: unknown): number | undefined {
  return (error as Partial<BatchServiceException>).$metadata?.httpStatusCode;
}

function isThrottled(error: unknown): boolean {
  return statusOf(error) === 429 || (error instanceof Error && /Throttl|TooManyRequests/.test(error.name));
}

/** No connection, no answer, or one that tells of a passing state. */
function mayPass(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 || isThrottled(error);
  const name = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : '';
  return /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|TimeoutError|RequestTimeout)/.test(name);
}
