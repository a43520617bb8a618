/** @file `POST /v1/latency`: how long networks take on known hardware. */
import { z } from 'zod';
import { latencyRequestSchema } from '../latency-request.ts';

const milliseconds = z.number().min(0);

export const latencyBodySchema = latencyRequestSchema.meta({
  id: 'LatencyRequest',
  description:
    'Architectures and the hardware to predict them on: at most 2,000 × 50, 20,000 predictions and 8 MB together. ' +
    '`interval: false` leaves `lowMs` and `highMs` out; `blocks: true` adds every part (at most 1,000 predictions); ' +
    '`ids: true` names architectures by id instead of by place.',
  example: {
    architectures: [
      {
        format: 'fastpath.architecture/1',
        resolution: 32,
        classes: 10,
        stem: { kernel: 3, stride: 2, channels: 16 },
        blocks: [{ op: 'mbconv', kernel: 3, expansion: 3, stride: 2, in: 16, out: 24, shortcut: false }],
        head: { channels: 128 },
      },
    ],
    hardware: ['amd-epyc-zen4-ort-1t'],
  },
});

/** The service reads the query by hand (`../onnx-query.ts`). */
export const onnxQuerySchema = z.strictObject({
  hardware: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .meta({ description: 'Of an ONNX model: hardware ids; repeat for several.', example: 'amd-epyc-zen4-ort-1t' }),
  input: z.string().optional().meta({
    description: 'Of an ONNX model that leaves dimensions of its input open: all of them.',
    example: '1x3x224x224',
  }),
  blocks: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Of an ONNX model: also every operator, as the runtime fuses them.' }),
});

export const onnxBodySchema = z.string().meta({
  id: 'OnnxModel',
  format: 'binary',
  description: 'An ONNX model. Weights are not needed and never read; without them it has some 100 KB.',
});

export const predictionSchema = z.strictObject({
  architecture: z
    .union([z.int().min(0), z.string()])
    .meta({ description: 'Place in the request, from 0, or the id with `ids: true`.', example: 0 }),
  hardware: z.string().meta({ example: 'amd-epyc-zen4-ort-1t' }),
  latencyMs: milliseconds.meta({ description: 'Milliseconds of one call with the whole batch.', example: 9.82012 }),
  lowMs: milliseconds
    .optional()
    .meta({ description: 'Nine in ten measurements lie between this and `highMs`.', example: 9.488317 }),
  highMs: milliseconds.optional().meta({ example: 10.151923 }),
  flags: z.array(z.string()).meta({
    description: 'What makes the prediction weaker, in words, e.g. blocks that were never timed.',
    example: [],
  }),
  overheadMs: z.number().optional().meta({ description: 'Of a call, whatever the network; with `blocks: true`.' }),
  blocks: z
    .array(z.strictObject({ name: z.string(), signature: z.string(), latencyMs: z.number() }))
    .optional()
    .meta({ description: "Every part's share; with `blocks: true`." }),
});

export const latencyAnswerSchema = z
  .strictObject({ predictions: z.array(predictionSchema) })
  .meta({ id: 'LatencyAnswer', description: 'Under each architecture, in the order sent, all hardware.' });

export type Prediction = z.infer<typeof predictionSchema>;
