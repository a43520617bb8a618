/** @file The searches of an array job: the worker with index `i` takes the `i`-th. */
import { z } from 'zod';

export const jobListSchema = z.strictObject({
  format: z.literal('fastpath.job-list/1'),
  searches: z.array(
    z.strictObject({
      /** key prefix of the search, without a final slash */
      prefix: z.string().min(1),
      specSha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export type JobList = z.infer<typeof jobListSchema>;
