/**
 * @file What a job took: `result/cost.json`. Apart from the metrics, which are the same whenever and wherever the same job
 * runs.
 */
import { z } from 'zod';

export const costSchema = z.strictObject({
  format: z.literal('fastpath.cost/1'),
  /** of all attempts together, until its results were written; of a pruning with the search before it */
  computeSeconds: z.number().min(0),
  /** what an hour of the machine is charged; null where nobody said */
  pricePerHourUsd: z.number().min(0).nullable(),
});

export type Cost = z.infer<typeof costSchema>;
