/** @file The latency table JSON: what was timed, on which hardware, how, and how well block sums match whole networks. */
import { z } from 'zod';

const count = z.number().int().positive();
const microseconds = z.number().nonnegative();

export const hardwareSchema = z.strictObject({
  /** device, runtime and threads in one word, e.g. `amd-epyc-zen4-ort-1t` */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  name: z.string().min(1),
  device: z.string().min(1),
  /** library and version that ran the networks */
  runtime: z.string().min(1),
  batchSize: count,
  precision: z.enum(['fp32', 'fp16', 'int8']),
  threads: count,
});

export const latencyEntrySchema = z.strictObject({
  /** time of the block alone, without the cost of the call */
  latencyUs: microseconds,
  /** median absolute deviation over the rounds */
  spreadUs: microseconds,
  /** rounds timed */
  count,
});

export const latencyMethodSchema = z.strictObject({
  /** how a number came about, in sentences */
  description: z.string().min(1),
  /** calls of each model whose time is thrown away before the first round */
  warmUpCalls: count,
  /** every model is visited once a round, in an order shuffled anew */
  rounds: count,
  seed: z.number().int(),
  /** a visit repeats the call until this much time is filled (at least once) and counts the mean */
  visitUs: microseconds,
});

/** A block timed in every round beside the others, to tell drift of the machine from differences between blocks. */
export const driftSchema = z.strictObject({
  reference: z.string(),
  /** largest relative distance of a quarter of the run (its median) from the whole run's median */
  largestFraction: z.number().nonnegative(),
  /** true when that is over 3 %: the machine was not quiet */
  unstable: z.boolean(),
});

export const measuredNetworkSchema = z.strictObject({
  space: z.string(),
  resolution: count,
  classes: count.min(2),
  /** one candidate index per choice block of that space */
  path: z.array(z.number().int().nonnegative()),
  /** the whole network in one call, the cost of the call included */
  latencyUs: microseconds,
  spreadUs: microseconds,
  /** what the table predicts for it: the cost of a call and the sum over its parts */
  sumOfBlocksUs: microseconds,
});

export const latencyTableSchema = z.strictObject({
  format: z.literal('fastpath.latency-table/1'),
  hardware: hardwareSchema,
  measuredAt: z.iso.datetime(),
  method: latencyMethodSchema,
  drift: driftSchema,
  /** one call of the runtime on a model that does nothing; in no entry, and once in every network */
  overheadUs: microseconds,
  /** spaces and resolutions whose every path the entries cover */
  coverage: z.array(z.strictObject({ space: z.string(), resolution: count })),
  entries: z.record(z.string(), latencyEntrySchema),
  networks: z.array(measuredNetworkSchema).optional(),
});

export type Hardware = z.infer<typeof hardwareSchema>;
export type LatencyEntry = z.infer<typeof latencyEntrySchema>;
export type MeasuredNetwork = z.infer<typeof measuredNetworkSchema>;
export type LatencyTable = z.infer<typeof latencyTableSchema>;
