/**
 * @file Who asks. The queue is the authority: a token is right when the job that is named has it in its environment, and
 * it is good for the attempt that the queue says runs now, so that one that was reclaimed and lives on gets nothing more.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type BatchClient, DescribeJobsCommand, type JobDetail } from '@aws-sdk/client-batch';
import type { JobCredentialsRequest } from '../../shared/contract/job-credentials.ts';
import { FastpathError } from '../../shared/errors.ts';

/** The environment that the job was submitted with. */
export type JobEnvironment = ReadonlyMap<string, string>;

export interface RunningJob {
  environment: JobEnvironment;
  /** of a child of an array */
  index: number | null;
}

/**
 * The job that the token belongs to.
 * @throws FastpathError `credentials.token` where there is no such job or the token is another's, `credentials.not-running`,
 * `credentials.unavailable` (retry)
 */
export async function findRunningJob(
  queue: BatchClient,
  { jobId, attempt }: JobCredentialsRequest,
  token: string,
): Promise<RunningJob> {
  const job = await describe(queue, jobId);
  const environment = new Map((job?.container?.environment ?? []).map(({ name, value }) => [name!, value!]));
  if (job === undefined || !isSame(token, environment.get('FASTPATH_CREDENTIALS_TOKEN'))) {
    throw new FastpathError('credentials.token', 'this token is no running job’s: jobs get theirs from the queue');
  }
  // The running attempt is not among those that are listed.
  const now = (job.attempts?.length ?? 0) + 1;
  if ((job.status !== 'RUNNING' && job.status !== 'STARTING') || attempt !== now) {
    const state = job.status === 'RUNNING' ? `attempt ${now} runs` : `it is ${job.status?.toLowerCase()}`;
    throw new FastpathError('credentials.not-running', `attempt ${attempt} of job ${jobId} does not run: ${state}`);
  }
  return { environment, index: job.arrayProperties?.index ?? null };
}

async function describe(queue: BatchClient, jobId: string): Promise<JobDetail | undefined> {
  try {
    return (await queue.send(new DescribeJobsCommand({ jobs: [jobId] }))).jobs?.[0];
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 500;
    // What is no job id at all.
    if (status === 400 || status === 404) return undefined;
    throw new FastpathError('credentials.unavailable', 'the job queue does not answer: try again later', {
      retry: true,
      cause: error,
    });
  }
}

/** In a time that tells nothing of where they differ. */
function isSame(given: string, kept: string | undefined): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return kept !== undefined && timingSafeEqual(hash(given), hash(kept));
}
