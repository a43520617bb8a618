/** @file `/v1/hardware`: the devices that latency is known for, and the latency model of each. */
import { z } from 'zod';
import { hardwareSchema } from '../latency.ts';
import { latencyLimits } from '../latency-limits.ts';
import { latencyModelSchema } from '../latency-model.ts';
import { textSchema, timeSchema } from './common.ts';

const idSchema = hardwareSchema.shape.id.max(latencyLimits.hardwareIdCharacters);

export const hardwareIdSchema = idSchema.meta({
  description: 'Id of the hardware.',
  example: 'amd-epyc-zen4-ort-1t',
});

const text = textSchema(200);
export const createHardwareSchema = z
  .strictObject({
    id: idSchema.meta({
      description: 'Device, runtime and threads in one word: small letters, digits and hyphens.',
      example: 'pixel-8-tflite-4t',
    }),
    name: text.optional().meta({ description: 'For people; left out: the id.', example: 'Pixel 8, TFLite, 4 threads' }),
    device: text.meta({ description: 'The machine itself.', example: 'Google Pixel 8' }),
    runtime: text.meta({ description: 'Library and version that runs the networks.', example: 'TFLite 2.16' }),
    batchSize: z.int().min(1).max(65_536).default(1).meta({ description: 'Images a call.', example: 1 }),
    precision: hardwareSchema.shape.precision.default('fp32'),
    threads: z.int().min(1).max(4096).default(1).meta({ example: 4 }),
  })
  .meta({
    id: 'CreateHardware',
    example: { id: 'pixel-8-tflite-4t', device: 'Google Pixel 8', runtime: 'TFLite 2.16', threads: 4 },
  });

const scopeSchema = z.enum(['public', 'own']).meta({
  description: '`public`: everyone sees it, the operator writes it. `own`: your tenant alone.',
  example: 'own',
});

export const listedHardwareSchema = hardwareSchema
  .extend({
    scope: scopeSchema,
    modelVersion: z.string().nullable().meta({
      description: 'Version of its latency model, which changes when measurements come in; null: it has none yet.',
      example: '9f86d081884c7d65',
    }),
  })
  .meta({
    id: 'Hardware',
    description: 'A device with runtime, batch size and precision that latency is known for.',
    example: {
      id: 'amd-epyc-zen4-ort-1t',
      name: 'AMD EPYC (Zen 4), ONNX Runtime, 1 thread',
      device: 'AMD EPYC 9R14',
      runtime: 'onnxruntime-node 1.30.0',
      batchSize: 1,
      precision: 'fp32',
      threads: 1,
      scope: 'public',
      modelVersion: '9f86d081884c7d65',
    },
  });

export const hardwareListSchema = z
  .strictObject({ hardware: z.array(listedHardwareSchema) })
  .meta({ id: 'HardwareList', description: 'Public hardware, and your own.' });

export const modelStateSchema = z.enum(['none', 'fitting', 'ready', 'failed']).meta({
  description:
    '`none`: nothing is measured yet. `fitting`: measurements came in and the model is fitted to them, which takes a ' +
    'second with ten whole networks and some ten with hundreds; until then `modelVersion` is the model before. `ready`. ' +
    '`failed`: the measurements make no model, `problem` says why.',
  example: 'ready',
});

export const hardwareDetailSchema = listedHardwareSchema
  .extend({
    modelState: modelStateSchema,
    problem: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .meta({ description: 'Why there is no model of the last measurements.', example: null }),
    blocks: z.int().min(0).meta({ description: 'Blocks that the model knows by their own timing.', example: 10 }),
    networks: z.int().min(0).meta({ description: 'Whole networks that the model is corrected by.', example: 10 }),
    waiting: z.int().min(0).meta({ description: 'Uploads that the model does not hold yet.', example: 0 }),
    createdAt: timeSchema.nullable().meta({ description: 'null for hardware that ships.' }),
  })
  .meta({ id: 'HardwareDetail', description: 'One hardware, and how its latency model stands.', example: undefined });

export const servedModelSchema = latencyModelSchema.meta({
  id: 'LatencyModel',
  description:
    'All that a prediction needs: microseconds of every known part, of a call, and how far they may be wrong together. ' +
    'Immutable under its version.',
});

export const modelQuerySchema = z.strictObject({
  version: z.string().max(100).optional().meta({
    description: 'With it the answer may be kept for ever; without it, ask again by ETag.',
    example: '9f86d081884c7d65',
  }),
});

/** As sent, before what is absent was filled in. */
export type CreateHardwareInput = z.input<typeof createHardwareSchema>;
export type CreateHardware = z.infer<typeof createHardwareSchema>;
export type ListedHardware = z.infer<typeof listedHardwareSchema>;
export type HardwareDetail = z.infer<typeof hardwareDetailSchema>;
export type ModelState = z.infer<typeof modelStateSchema>;
