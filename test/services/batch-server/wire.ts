/** @file The shapes of AWS Batch's REST API, as far as jobs go: what the SDK sends, and what it reads. */
import { z } from 'zod';
import type { JobAttempt, JobDescription, JobRequest } from '../../../shared/queue/job-queue.ts';

const pattern = z.string().max(512).optional();
const evaluateOnExitSchema = z
  .array(
    z.object({
      onStatusReason: pattern,
      onReason: pattern,
      onExitCode: z
        .string()
        .regex(/^\d*\*?$/)
        .optional(),
      action: z.string().regex(/^(retry|exit)$/i),
    }),
  )
  .max(5);

export type EvaluateOnExit = z.infer<typeof evaluateOnExitSchema>;

export const submitJobSchema = z.object({
  jobName: z.string(),
  jobQueue: z.string(),
  jobDefinition: z.string(),
  arrayProperties: z.object({ size: z.number().int() }).optional(),
  dependsOn: z.array(z.object({ jobId: z.string() })).default([]),
  containerOverrides: z
    .object({ environment: z.array(z.object({ name: z.string(), value: z.string() })).default([]) })
    .default({ environment: [] }),
  retryStrategy: z
    .object({ attempts: z.number().int().default(1), evaluateOnExit: evaluateOnExitSchema.default([]) })
    .default({ attempts: 1, evaluateOnExit: [] }),
  timeout: z.object({ attemptDurationSeconds: z.number().int() }).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  propagateTags: z.boolean().optional(),
  shareIdentifier: z
    .string()
    .regex(/^[A-Za-z0-9]{1,255}\*?$/)
    .optional(),
});

export const describeJobsSchema = z.object({ jobs: z.array(z.string()).max(100) });

export const listJobsSchema = z.object({
  jobQueue: z.string().optional(),
  arrayJobId: z.string().optional(),
  jobStatus: z.string().optional(),
  maxResults: z.number().int().min(1).optional(),
  nextToken: z.string().regex(/^\d+$/).optional(),
  filters: z
    .array(z.object({ name: z.enum(['JOB_NAME', 'AFTER_CREATED_AT']), values: z.array(z.string()).length(1) }))
    .max(1)
    .optional(),
});

export const endJobSchema = z.object({ jobId: z.string(), reason: z.string().min(1) });

export function requestOf(body: z.infer<typeof submitJobSchema>): JobRequest {
  const { arrayProperties, dependsOn, tags } = body;
  return {
    name: body.jobName,
    environment: Object.fromEntries(body.containerOverrides.environment.map(({ name, value }) => [name, value])),
    attempts: body.retryStrategy.attempts,
    // Without one a job of Batch runs as long as it likes.
    timeoutSeconds: body.timeout?.attemptDurationSeconds ?? 1e9,
    dependsOn: dependsOn.map(({ jobId }) => jobId),
    ...(arrayProperties === undefined ? {} : { arraySize: arrayProperties.size }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/** Whether a pattern, which may end with `*`, fits; what is not known fits `*` alone. */
function fits(wanted: string | undefined, value: string | null): boolean {
  if (wanted === undefined || wanted === '*') return true;
  if (value === null) return false;
  return wanted.endsWith('*') ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
}

/** What the job's strategy says to an attempt that failed; without a word on it: again. */
export function retries(strategy: EvaluateOnExit, { exitCode, reason }: JobAttempt): boolean {
  const match = strategy.find(
    ({ onStatusReason, onReason, onExitCode }) =>
      fits(onStatusReason, reason) && fits(onReason, null) && fits(onExitCode, exitCode?.toString() ?? null),
  );
  return match === undefined || match.action.toLowerCase() === 'retry';
}

export interface Names {
  jobQueue: string;
  jobDefinition: string;
}

const account = 'arn:aws:batch:us-east-1:123456789012';

/** A JobDetail. Batch lists attempts that are over; of the running one it tells the start beside them. */
export function detailOf(job: JobDescription, names: Names) {
  const latest = job.attempts.at(-1);
  const over = job.attempts.filter(({ stoppedAt }) => stoppedAt !== null);
  return {
    jobArn: `${account}:job/${job.id}`,
    jobId: job.id,
    jobName: job.name,
    jobQueue: `${account}:job-queue/${names.jobQueue}`,
    jobDefinition: `${account}:job-definition/${names.jobDefinition}:1`,
    status: job.status.toUpperCase(),
    statusReason: job.reason ?? undefined,
    createdAt: job.createdAt.getTime(),
    startedAt: latest?.startedAt?.getTime(),
    stoppedAt: latest?.stoppedAt?.getTime(),
    attempts: over.map(({ startedAt, stoppedAt, exitCode, reason, log }) => ({
      startedAt: startedAt?.getTime(),
      stoppedAt: stoppedAt?.getTime(),
      statusReason: reason ?? undefined,
      container: { exitCode: exitCode ?? undefined, logStreamName: log ?? undefined },
    })),
    container: { logStreamName: latest?.log ?? undefined },
    dependsOn: [],
    tags: {},
    ...(job.arraySize === undefined ? {} : { arrayProperties: { size: job.arraySize, statusSummary: {} } }),
    ...(job.arrayIndex === undefined ? {} : { arrayProperties: { index: job.arrayIndex } }),
  };
}

/** A JobSummary. */
export function summaryOf(job: JobDescription, names: Names) {
  const { jobArn, jobId, jobName, status, statusReason, createdAt, startedAt, stoppedAt } = detailOf(job, names);
  return { jobArn, jobId, jobName, status, statusReason, createdAt, startedAt, stoppedAt };
}
