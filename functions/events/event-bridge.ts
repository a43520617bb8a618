/**
 * @file AWS Batch's job events as EventBridge hands them to a Lambda function, and the schedule's tick. An event that
 * cannot be applied throws: Lambda then brings it again.
 */
import { z } from 'zod';
import { type JobDescription, jobStatuses } from '../../shared/queue/job-queue.ts';
import { applyJob } from '../service/searches/apply-job.ts';
import type { SearchDeps } from '../service/searches/deps.ts';
import { type Reconciled, reconcile } from '../service/searches/reconcile.ts';

const milliseconds = z.number().transform((value) => new Date(value));

/** `detail` of a "Batch Job State Change": https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html */
const detailSchema = z.object({
  jobId: z.string(),
  jobName: z.string(),
  status: z.string().transform((status) => z.enum(jobStatuses).parse(status.toLowerCase())),
  statusReason: z.string().nullish(),
  createdAt: milliseconds,
  attempts: z
    .array(
      z.object({
        startedAt: milliseconds.nullish(),
        stoppedAt: milliseconds.nullish(),
        statusReason: z.string().nullish(),
        container: z
          .object({
            exitCode: z.number().int().nullish(),
            reason: z.string().nullish(),
            logStreamName: z.string().nullish(),
          })
          .nullish(),
      }),
    )
    .default([]),
  /** of the running attempt, which is not among `attempts` yet */
  startedAt: milliseconds.nullish(),
  container: z.object({ logStreamName: z.string().nullish() }).nullish(),
});

const eventSchema = z.discriminatedUnion('detail-type', [
  z.object({ 'detail-type': z.literal('Batch Job State Change'), detail: detailSchema }),
  z.object({ 'detail-type': z.literal('Scheduled Event') }),
]);

type Detail = z.infer<typeof detailSchema>;

export function jobOfDetail(detail: Detail): JobDescription {
  const { jobId: id, jobName: name, status, createdAt } = detail;
  const attempts = detail.attempts.map(({ startedAt, stoppedAt, statusReason, container }) => ({
    startedAt: startedAt ?? null,
    stoppedAt: stoppedAt ?? null,
    exitCode: container?.exitCode ?? null,
    reason: container?.reason ?? statusReason ?? null,
    log: container?.logStreamName ?? null,
  }));
  if (status === 'running' && detail.startedAt) {
    const log = detail.container?.logStreamName ?? null;
    attempts.push({ startedAt: detail.startedAt, stoppedAt: null, exitCode: null, reason: null, log });
  }
  return { id, name, status, reason: detail.statusReason ?? null, attempts, createdAt };
}

/** A Lambda handler. @throws where the event is none that is known, or could not be applied */
export function eventHandler(deps: SearchDeps): (event: unknown) => Promise<Reconciled | undefined> {
  return async (event) => {
    const parsed = eventSchema.parse(event);
    if (parsed['detail-type'] === 'Scheduled Event') return reconcile(deps);
    await applyJob(deps, jobOfDetail(parsed.detail));
  };
}
