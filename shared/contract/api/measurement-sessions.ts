/** @file `/v1/measurement-sessions`: a device measures itself without an API key. */
import { z } from 'zod';
import { exampleId, idSchema, timeSchema } from './common.ts';
import { createHardwareSchema, hardwareIdSchema } from './hardware.ts';

const idOfSession = idSchema('ms', 'measurement session');

export const measurementSessionSchema = z
  .strictObject({
    id: idOfSession,
    state: z.enum(['waiting', 'active', 'ended', 'expired']).meta({
      description:
        '`waiting` for its code to be used, `active` while measurements may come, `ended` by DELETE, or `expired`: the ' +
        'code after 15 minutes without use, the session 2 hours after it.',
      example: 'active',
    }),
    hardware: hardwareIdSchema.nullable().meta({ description: 'null until the code was used.' }),
    measurements: z.int().min(0).meta({ description: 'That came in with it.', example: 20 }),
    codeExpiresAt: timeSchema,
    expiresAt: timeSchema.nullable().meta({ description: 'When the session ends; null until the code was used.' }),
    createdAt: timeSchema,
  })
  .meta({ id: 'MeasurementSession', description: 'Lets one device measure itself.' });

export const createdSessionSchema = measurementSessionSchema
  .extend({
    code: z.string().meta({
      description:
        'Works once, within 15 minutes. Give it to the device, e.g. behind the # of a link. Shown this once.',
      example: 'fpc_…',
    }),
  })
  .meta({ id: 'CreatedMeasurementSession', description: 'The session, with the code that is shown this once.' });

export const swapCodeSchema = z
  .strictObject({
    code: z.string().max(100).meta({ description: 'As it was shown when the session was made.', example: 'fpc_…' }),
    hardware: createHardwareSchema,
  })
  .meta({
    id: 'SwapCode',
    description:
      'The device says what it is: new hardware of the tenant that made the code, or own hardware that is the same in ' +
      'device, runtime, batch size, precision and threads.',
    example: {
      code: 'fpc_…',
      hardware: { id: 'pixel-8-chrome', device: 'Pixel 8', runtime: 'onnxruntime-web 1.30, WebGPU' },
    },
  });

export const swappedSchema = z
  .strictObject({
    sessionId: idOfSession,
    hardware: hardwareIdSchema,
    token: z.string().meta({
      description:
        'For `Authorization: Bearer …`, on this hardware and session only: measurements in, its state and model out.',
      example: 'fpm_…',
    }),
    expiresAt: timeSchema,
  })
  .meta({
    id: 'SwappedCode',
    example: {
      sessionId: exampleId('ms'),
      hardware: 'pixel-8-chrome',
      token: 'fpm_…',
      expiresAt: '2026-11-24T22:21:55.000Z',
    },
  });

export type MeasurementSession = z.infer<typeof measurementSessionSchema>;
export type CreatedSession = z.infer<typeof createdSessionSchema>;
export type SwapCode = z.infer<typeof swapCodeSchema>;
export type Swapped = z.infer<typeof swappedSchema>;
