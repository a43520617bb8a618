/** @file `GET /v1/hardware` and the latency model of one: the devices that latency is known for. */
import { z } from 'zod';
import { hardwareSchema } from '../latency.ts';
import { latencyModelSchema } from '../latency-model.ts';

export const listedHardwareSchema = hardwareSchema
  .extend({
    modelVersion: z.string().meta({
      description: 'Version of its latency model; changes when measurements come in.',
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
      modelVersion: '9f86d081884c7d65',
    },
  });

export const hardwareListSchema = z
  .strictObject({ hardware: z.array(listedHardwareSchema) })
  .meta({ id: 'HardwareList', description: 'Public hardware, and your own.' });

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

export const hardwareIdSchema = z
  .string()
  .max(100)
  .meta({ description: 'Id of the hardware.', example: 'amd-epyc-zen4-ort-1t' });

export type ListedHardware = z.infer<typeof listedHardwareSchema>;
