/** @file `POST /v1/job-credentials`: a running job swaps its token for credentials of its own search. */
import { z } from 'zod';

/** What a worker needs to ask; the token travels in the header Authorization. */
export const jobSessionSchema = z.strictObject({
  url: z.url(),
  token: z.string().min(1),
  /** the queue's */
  jobId: z.string().min(1).max(200),
  /** from 1 */
  attempt: z.number().int().min(1).max(10),
});

export const jobCredentialsRequestSchema = jobSessionSchema.pick({ jobId: true, attempt: true });

export const jobCredentialsSchema = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1),
  /** an hour from now at most */
  expiration: z.iso.datetime(),
});

export type JobSession = z.infer<typeof jobSessionSchema>;
export type JobCredentialsRequest = z.infer<typeof jobCredentialsRequestSchema>;
export type JobCredentials = z.infer<typeof jobCredentialsSchema>;
