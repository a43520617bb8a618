/** @file Events of AWS Batch as EventBridge delivers them, at least once and in any order. */
import { z } from 'zod';
import { FastpathError } from '../errors.ts';
import { batchJobSchema, descriptionOf } from './batch-job.ts';
import type { JobEvent } from './job-queue.ts';

const batchEventSchema = z.object({
  /** the same for each delivery of one event */
  id: z.string().min(1),
  source: z.literal('aws.batch'),
  'detail-type': z.literal('Batch Job State Change'),
  time: z.iso.datetime(),
  detail: batchJobSchema,
});

/** @throws FastpathError `queue.event` for anything that is not a change of a job's state */
export function jobEventOf(value: unknown): JobEvent {
  const parsed = batchEventSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const message = `This is no event of a Batch job (${issue!.path.join('.')}: ${issue!.message}): check the rule that sends it.`;
    throw new FastpathError('queue.event', message, { cause: parsed.error });
  }
  const { id, time, detail } = parsed.data;
  return { id, job: descriptionOf(detail), at: new Date(time) };
}
