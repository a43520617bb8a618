/** @file `/v1/hardware/{id}/measurements`: timed blocks and whole networks. */
import { z } from 'zod';
import { latencyLimits as limits } from '../latency-limits.ts';
import { latencyRequestSchema } from '../latency-request.ts';
import { pageSchema, timeSchema } from './common.ts';
import { hardwareIdSchema, modelStateSchema } from './hardware.ts';

/** Of one upload. */
export const mostMeasurements = 2_000;

/** A nanosecond to eleven days. */
const latencyMs = z.number().min(1e-6).max(1e9);
const candidate = z.int().min(0).max(1_000);

const subject = {
  signature: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({
      description:
        'What was timed is a part of networks, as predictions with `blocks: true` name it, or `call`: what a call of the ' +
        'runtime costs by itself. The time of a part is without that.',
      example: 'mbconv-k5-e6-s2-i24-o40-r56',
    }),
  architecture: latencyRequestSchema.shape.architectures.element
    .optional()
    .meta({ description: 'What was timed is a whole network: this one.' }),
  space: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'The same, as a path of a space that ships.', example: 'tiny' }),
  resolution: z.int().min(1).max(limits.number).optional().meta({ description: 'Of the path, pixels.', example: 32 }),
  classes: z.int().min(2).max(limits.number).optional().meta({ description: 'Of the path.', example: 10 }),
  path: z
    .array(candidate)
    .min(1)
    .max(limits.blocks)
    .optional()
    .meta({ description: 'Which candidate, from 0, in each choice block.', example: [0, 2, 1] }),
};

const timing = {
  item: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/)
    .max(100)
    .meta({
      description: 'Your name for this measurement: sent again it is kept once, so that an upload may be repeated.',
      example: 'run-1:block-7',
    }),
  ...subject,
  latencyMs: latencyMs.meta({ description: 'Milliseconds of one call with the whole batch.', example: 0.51 }),
  spreadMs: z
    .number()
    .min(0)
    .max(1e9)
    .default(0)
    .meta({ description: 'Median absolute deviation, milliseconds.', example: 0.02 }),
  count: z.int().min(1).max(1e9).default(1).meta({ description: 'Timings behind the number.', example: 20 }),
  drawn: z.enum(['designed', 'uniform']).optional().meta({
    description: 'Of a whole network: chosen to tell most about others, as the plan does, or drawn at random.',
    example: 'designed',
  }),
  driftFraction: z.number().min(0).max(1e6).optional().meta({
    description:
      'Largest relative change in the time of the reference block during the run; over 0.03 is a busy machine.',
    example: 0.012,
  }),
  measuredAt: timeSchema.optional().meta({ description: 'Left out: now.' }),
};

export const measurementSchema = z.strictObject(timing).meta({
  id: 'Measurement',
  description: 'One timed part (`signature`) or whole network (`architecture`, or `space` with its path).',
  example: { item: 'run-1:block-7', signature: 'mbconv-k5-e6-s2-i24-o40-r56', latencyMs: 0.51, spreadMs: 0.02 },
});

export const addMeasurementsSchema = z
  .strictObject({
    measurements: z.array(measurementSchema).min(1).max(mostMeasurements),
    anySpeed: z.boolean().default(false).meta({
      description: 'Takes times that no known device reaches, which are a wrong unit as a rule.',
      example: false,
    }),
  })
  .meta({
    id: 'AddMeasurements',
    example: {
      measurements: [
        { item: 'run-1:call', signature: 'call', latencyMs: 0.012 },
        { item: 'run-1:block-7', signature: 'mbconv-k5-e6-s2-i24-o40-r56', latencyMs: 0.51, spreadMs: 0.02, count: 20 },
      ],
    },
  });

export const addedMeasurementsSchema = z
  .strictObject({
    hardware: hardwareIdSchema,
    added: z.int().min(0).meta({ description: 'Measurements that are new.', example: 2 }),
    known: z.int().min(0).meta({ description: 'Measurements that were there already, word for word.', example: 0 }),
    modelVersion: z
      .string()
      .nullable()
      .meta({ description: 'Of the model before these measurements.', example: '9f86d081884c7d65' }),
    modelState: modelStateSchema,
  })
  .meta({ id: 'AddedMeasurements', description: 'GET the hardware a few seconds later: its model is fitted anew.' });

export const keptMeasurementSchema = z
  .strictObject({
    ...timing,
    upload: z.int().min(1).meta({ description: 'Which upload brought it, counted from 1.', example: 1 }),
    measuredAt: timeSchema,
  })
  .meta({ id: 'KeptMeasurement', description: 'A measurement as it is kept.', example: undefined });

export const measurementPageSchema = pageSchema(keptMeasurementSchema).meta({ id: 'MeasurementPage' });

export type Measurement = z.infer<typeof measurementSchema>;
/** As sent, before what is absent was filled in. */
export type AddMeasurementsInput = z.input<typeof addMeasurementsSchema>;
export type AddMeasurements = z.infer<typeof addMeasurementsSchema>;
export type AddedMeasurements = z.infer<typeof addedMeasurementsSchema>;
export type KeptMeasurement = z.infer<typeof keptMeasurementSchema>;
