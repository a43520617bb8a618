/** @file The latency table JSON: what was timed, on which hardware, how, and how well block sums match whole networks. */
import { z } from 'zod';
import { architectureSchema } from './architecture.ts';

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
  /** what the part adds to a network it stands in: `aloneUs` times the factor of its space and resolution */
  latencyUs: microseconds,
  /** time of a model that is this part only, without the cost of the call */
  aloneUs: microseconds,
  /** median absolute deviation over the visits */
  spreadUs: microseconds,
  /** visits timed */
  count,
});

export const latencyMethodSchema = z.strictObject({
  /** how a number came about, in sentences */
  description: z.string().min(1),
  /** every model of a space and resolution is visited once a round, in an order shuffled anew */
  rounds: count,
  /** calls at the start of each visit whose time is thrown away */
  warmUpCalls: count,
  /** the same for whole networks, where that differs */
  networkWarmUpCalls: count.optional(),
  /** a visit repeats the call until this much time is filled, and counts the median call */
  visitUs: microseconds,
  /** which quantile over the visits stands in the table; low, because disturbance by other programs only adds */
  quantile: z.number().min(0).max(1),
  /**
   * whole networks per space and resolution that set its factor: the `designed` ones of `networks`, or others where no
   * network there says how it was drawn; absent where no factor was set
   */
  calibrationNetworks: count.optional(),
  seed: z.number().int(),
});

/** A block timed in all rounds of the run, to tell drift of the machine from differences between blocks. */
export const driftSchema = z.strictObject({
  reference: z.string(),
  /** the run cut in eight: largest relative distance of one eighth's figure from the whole run's */
  largestFraction: z.number().nonnegative(),
  /** true when that is over 3 %: the machine was not quiet */
  unstable: z.boolean(),
  /** the figure of each piece, in the order of the run; fewer than eight where the block was timed less often */
  piecesUs: z.array(microseconds).optional(),
});

/** What the timed process ran under. */
export const conditionsSchema = z.strictObject({
  /** processors it could run on as the system lists them, e.g. `1` or `0-1`; null where the system does not say */
  processors: z.string().nullable(),
  /** whether it was held on as many processors as it has threads */
  pinned: z.boolean(),
  /** smallest step of the clock that was seen */
  clockStepUs: microseconds,
  /** what of WebAssembly was on; null for another runtime */
  webAssembly: z.strictObject({ simd: z.boolean(), threads: z.boolean() }).nullable(),
});

/** A file of measurements that others made, as it was read. */
export const importedFileSchema = z.strictObject({
  /** its name without folders */
  file: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  format: z.enum(['csv', 'block-table', 'onnxruntime-profile']),
  importedAt: z.iso.datetime(),
});

/** A small model that tells what operators cost, or a whole network drawn at random for the same end. */
export const operatorProbeSchema = z.strictObject({
  /** how often each fused operator occurs in it, by signature */
  operators: z.record(z.string(), count),
  /** many operators behind one another, none of which finds its weights in a near cache */
  whole: z.boolean(),
  /** one call, the cost of the call included */
  latencyUs: microseconds,
  spreadUs: microseconds,
  /** visits timed */
  count,
});

export const operatorTimingsSchema = z.strictObject({
  /** channels in a block where the runtime keeps maps in blocks of channels; 0 where it does not */
  channelBlock: z.number().int().nonnegative(),
  probes: z.array(operatorProbeSchema).min(1),
});

export const coverageSchema = z.strictObject({
  space: z.string(),
  resolution: count,
  /**
   * What parts take inside such networks over what they take alone. Alone, a part also pays for changing the layout of
   * its input and output (over 1 without), and finds its weights in the cache (under 1 without).
   */
  contextFactor: z.number().positive(),
});

const networkTiming = {
  /** `designed`: chosen to tell most about other networks; `uniform`: drawn at random, and used for nothing in the table */
  drawn: z.enum(['designed', 'uniform']).optional(),
  /** the whole network in one call, the cost of the call included */
  latencyUs: microseconds,
  spreadUs: microseconds,
  /** what the table predicts for it: the cost of a call and the sum over its parts; absent where it lacks a part */
  sumOfBlocksUs: microseconds.optional(),
};

/** A path of a built-in space. */
export const measuredPathSchema = z.strictObject({
  space: z.string(),
  resolution: count,
  classes: count.min(2),
  /** one candidate index per choice block of that space */
  path: z.array(z.number().int().nonnegative()),
  ...networkTiming,
});

/** Any network. */
export const measuredArchitectureSchema = z.strictObject({ architecture: architectureSchema, ...networkTiming });

export const measuredNetworkSchema = z.union([measuredPathSchema, measuredArchitectureSchema]);

/** What was measured here has `measuredAt`, `method` and `drift`, what others measured `imports`; a table can hold both. */
export const latencyTableSchema = z.strictObject({
  format: z.literal('fastpath.latency-table/1'),
  hardware: hardwareSchema,
  measuredAt: z.iso.datetime().optional(),
  method: latencyMethodSchema.optional(),
  drift: driftSchema.optional(),
  conditions: conditionsSchema.optional(),
  /** the files that rows came from, in the order they were read; where two have the same row, the later one counts */
  imports: z.array(importedFileSchema).optional(),
  /** one call of the runtime on a model that does nothing; in no entry, and once in every network */
  overheadUs: microseconds,
  /** spaces and resolutions whose every path the entries cover */
  coverage: z.array(coverageSchema),
  entries: z.record(z.string(), latencyEntrySchema),
  networks: z.array(measuredNetworkSchema).optional(),
  /** what single operators cost, for networks of any kind */
  operators: operatorTimingsSchema.optional(),
});

export type OperatorProbe = z.infer<typeof operatorProbeSchema>;
export type OperatorTimings = z.infer<typeof operatorTimingsSchema>;
export type Hardware = z.infer<typeof hardwareSchema>;
export type LatencyEntry = z.infer<typeof latencyEntrySchema>;
export type LatencyMethod = z.infer<typeof latencyMethodSchema>;
export type MeasuringConditions = z.infer<typeof conditionsSchema>;
export type Drift = z.infer<typeof driftSchema>;
export type ImportedFile = z.infer<typeof importedFileSchema>;
export type MeasuredNetwork = z.infer<typeof measuredNetworkSchema>;
export type LatencyTable = z.infer<typeof latencyTableSchema>;
