/** @file A job as AWS Batch describes it, in answers to DescribeJobs and in events alike. */
import { z } from 'zod';
import { type JobAttempt, type JobDescription, type JobStatus, jobStatuses, parentOf } from './job-queue.ts';

/** Milliseconds since 1970. */
const time = z.number().transform((ms) => new Date(ms));

const attemptSchema = z.object({
  startedAt: time.optional(),
  stoppedAt: time.optional(),
  statusReason: z.string().optional(),
  container: z
    .object({
      exitCode: z.number().int().optional(),
      reason: z.string().optional(),
      logStreamName: z.string().optional(),
    })
    .optional(),
});

/** Of a JobDetail, what the port tells. */
export const batchJobSchema = z.object({
  jobId: z.string(),
  jobName: z.string(),
  status: z.string().transform((status, context): JobStatus => {
    const known = jobStatuses.find((name) => name.toUpperCase() === status);
    if (known !== undefined) return known;
    context.addIssue(`Batch tells a status ${status}, which is none of its own`);
    return z.NEVER;
  }),
  statusReason: z.string().optional(),
  createdAt: time,
  startedAt: time.optional(),
  attempts: z.array(attemptSchema).default([]),
  container: z.object({ logStreamName: z.string().optional() }).optional(),
  arrayProperties: z.object({ size: z.number().int().optional(), index: z.number().int().optional() }).optional(),
});

export type BatchJob = z.infer<typeof batchJobSchema>;

export function descriptionOf(job: BatchJob): JobDescription {
  const { size, index } = job.arrayProperties ?? {};
  const attempts = job.attempts.map(attemptOf);
  // Batch lists attempts that are over; the running one it tells in the job's own fields.
  if (job.status === 'running' && job.startedAt !== undefined) {
    const log = job.container?.logStreamName ?? null;
    attempts.push({ startedAt: job.startedAt, stoppedAt: null, exitCode: null, reason: null, log });
  }
  return {
    id: job.jobId,
    name: job.jobName,
    status: job.status,
    reason: job.statusReason ?? null,
    attempts,
    createdAt: job.createdAt,
    ...(size === undefined ? {} : { arraySize: size }),
    ...(index === undefined ? {} : { arrayIndex: index, parent: parentOf(job.jobId) }),
  };
}

function attemptOf({ startedAt, stoppedAt, statusReason, container }: z.infer<typeof attemptSchema>): JobAttempt {
  return {
    startedAt: startedAt ?? null,
    stoppedAt: stoppedAt ?? null,
    exitCode: container?.exitCode ?? null,
    // The container's own says more where there is one, e.g. that it ran out of memory.
    reason: container?.reason ?? statusReason ?? null,
    log: container?.logStreamName ?? null,
  };
}
