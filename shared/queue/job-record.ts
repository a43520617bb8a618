/** @file What the runner keeps of a job, in memory and in the job's file. */
import { z } from 'zod';
import { type JobDescription, type JobRequest, jobStatuses } from './job-queue.ts';

const requestSchema = z.strictObject({
  name: z.string(),
  environment: z.record(z.string(), z.string()),
  attempts: z.number().int(),
  timeoutSeconds: z.number(),
  arraySize: z.number().int().exactOptional(),
  dependsOn: z.array(z.string()).exactOptional(),
  tags: z.record(z.string(), z.string()).exactOptional(),
  share: z.string().exactOptional(),
} satisfies Record<keyof JobRequest, z.ZodType>);

const attemptSchema = z.strictObject({
  startedAt: z.coerce.date().nullable(),
  stoppedAt: z.coerce.date().nullable(),
  exitCode: z.number().int().nullable(),
  reason: z.string().nullable(),
  log: z.string().nullable(),
});

const descriptionSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(jobStatuses),
  reason: z.string().nullable(),
  attempts: z.array(attemptSchema),
  createdAt: z.coerce.date(),
  arraySize: z.number().int().exactOptional(),
  arrayIndex: z.number().int().exactOptional(),
  parent: z.string().exactOptional(),
});

export const jobRecordSchema = z.strictObject({
  format: z.literal('fastpath.job/1'),
  request: requestSchema,
  job: descriptionSchema,
  /** changes of status so far */
  changes: z.number().int(),
  /** of the running attempt: leader of its process group, and when that started */
  process: z.strictObject({ pid: z.number().int(), start: z.string() }).nullable(),
  /** why the running attempt was asked to end */
  ending: z
    .strictObject({ kind: z.enum(['terminate', 'timeout', 'reclaim']), reason: z.string(), killAt: z.coerce.date() })
    .nullable(),
});

export type JobRecord = z.infer<typeof jobRecordSchema>;
export type Ending = NonNullable<JobRecord['ending']>;

export function newRecord(request: JobRequest, job: Omit<JobDescription, 'attempts' | 'reason' | 'status'>): JobRecord {
  return {
    format: 'fastpath.job/1',
    request,
    job: { ...job, status: 'submitted', reason: null, attempts: [] },
    changes: 0,
    process: null,
    ending: null,
  };
}
