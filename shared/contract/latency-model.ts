/**
 * @file The latency model JSON: all that a prediction needs, and nothing that fitting needed. Immutable once written.
 *
 * A network of parts p₁ … pₙ takes `overheadUs` + Σ latencyUs(pᵢ). The variance of that is
 * (`noise` · latency)² + Σⱼ (`overheadFactorsUs`[j] + Σᵢ factorsUs(pᵢ)[j])²: factor j is one direction in which the
 * numbers of all parts may be wrong together. The 90 % interval reaches `intervalDeviations` standard deviations to
 * each side.
 */
import { z } from 'zod';
import { hardwareSchema } from './latency.ts';

const count = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a part costs by its size alone: for parts that the table lacks. */
export const physicalModelSchema = z.strictObject({
  /** microseconds per part, per million multiply-adds of dense layers and of depthwise ones, per MB moved, per MB of parameters */
  coefficientsUs: z.strictObject({
    part: z.number(),
    denseMillionMacs: z.number(),
    depthwiseMillionMacs: z.number(),
    megabytesMoved: z.number(),
    parameterMegabytes: z.number(),
  }),
  /** standard deviation of actual over estimated part latencies */
  relativeDeviation: z.number().nonnegative(),
});

const perUnit = z.record(z.string(), z.number().nonnegative());

/** What a fused operator costs in a network of any kind (`shared/latency/operators/`). */
export const operatorModelSchema = z.strictObject({
  /** channels in a block where the runtime keeps maps in blocks of channels; 0 where it does not */
  channelBlock: count,
  /** by kind of operator: microseconds for each quantity of its work */
  kindsUs: z.record(z.string(), perUnit),
  /** what an operator takes beyond that where others run between its calls */
  coldUs: z.strictObject({
    call: z.number().nonnegative(),
    /** per megabyte */
    weights: z.number().nonnegative(),
    maps: z.number().nonnegative(),
  }),
  /** standard deviation of measured over predicted latency of networks that the fit did not see */
  relativeDeviation: z.number().nonnegative(),
});

export const latencyModelSchema = z
  .strictObject({
    format: z.literal('fastpath.latency-model/1'),
    hardware: hardwareSchema,
    /** first 16 hex digits of the SHA-256 of the model without this field */
    version: z.string().regex(/^[0-9a-f]{16}$/),
    trainedOn: z.strictObject({
      /** of the measurements' JSON */
      sha256,
      blocks: count,
      /** whole networks */
      networks: count,
      /** ids of the other hardware that it learnt from */
      sources: z.array(z.string()),
    }),
    overheadUs: z.number(),
    overheadFactorsUs: z.array(z.number()),
    /** signature → [latencyUs, ...factorsUs], as many factors as `overheadFactorsUs` has */
    parts: z.record(z.string(), z.array(z.number()).min(1)),
    /** signatures in `parts` that were never timed by themselves: their size and whole networks tell of them */
    estimated: z.array(z.string()),
    /** standard deviation of one measurement around a perfect prediction, as a fraction of the latency */
    noise: z.number().nonnegative(),
    intervalDeviations: z.number().positive(),
    physical: physicalModelSchema,
    /** where operators were timed */
    operators: operatorModelSchema.optional(),
    /** what holds for every prediction of this model, in plain words, e.g. that the machine was busy */
    flags: z.array(z.string()),
  })
  .refine(
    ({ parts, overheadFactorsUs }) =>
      Object.values(parts).every((part) => part.length === 1 + overheadFactorsUs.length),
    {
      message: 'every part needs its latency and as many factors as overheadFactorsUs has',
      path: ['parts'],
    },
  );

export type PhysicalModel = z.infer<typeof physicalModelSchema>;
export type OperatorModel = z.infer<typeof operatorModelSchema>;
export type LatencyModelData = z.infer<typeof latencyModelSchema>;
