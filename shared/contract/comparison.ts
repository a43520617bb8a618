/** @file Architectures side by side, as `fastpath compare --json` and the API give them. */
import { z } from 'zod';

const milliseconds = z.number().min(0);

export const knownAccuracySchema = z.strictObject({
  top1: z.number().min(0).max(1).meta({ description: 'Share of images classified right.', example: 0.72 }),
  of: z.string().meta({ description: 'What was classified, and with which weights.', example: '400 test images' }),
});

export const comparedNetworkSchema = z.strictObject({
  name: z.string().meta({ example: 'MobileNetV2 ×0.5' }),
  architectureId: z.string().meta({ example: '0123456789abcdef' }),
  baseline: z.boolean().meta({ description: 'Whether it was added to compare with.' }),
  accuracy: knownAccuracySchema.nullable().meta({ description: 'Null where it is not known.' }),
  resolution: z.int().meta({ description: 'Input side in pixels.' }),
  macs: z.int().meta({ description: 'Multiply-adds of convolutions and the classifier, one image.' }),
  parameters: z.int().meta({ description: 'Trainable numbers.' }),
  peakActivationBytes: z.int().meta({ description: 'Peak activation memory, one image in fp32.' }),
  latency: z
    .array(
      z.strictObject({
        hardware: z.string(),
        latencyMs: milliseconds,
        lowMs: milliseconds,
        highMs: milliseconds,
        flags: z.array(z.string()).meta({ description: 'What makes the prediction weaker, in words.' }),
        onFrontier: z
          .boolean()
          .meta({ description: 'Whether no other network is worth as much in less time; by `worth`.' }),
      }),
    )
    .meta({ description: 'On each hardware, in the order asked for.' }),
});

export const comparisonSchema = z.strictObject({
  worth: z.enum(['accuracy', 'macs']).meta({
    description:
      'What latency is weighed against: `accuracy` where one of your networks and another one have one, else `macs`.',
  }),
  networks: z.array(comparedNetworkSchema).meta({ description: 'In the order given, baselines behind them.' }),
  notes: z.array(z.string()).meta({ description: 'What makes networks less comparable, in words.' }),
});

export type KnownAccuracy = z.infer<typeof knownAccuracySchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
