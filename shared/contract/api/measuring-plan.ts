/** @file `GET /v1/measuring-plan`: what to time on a device so that its latency is known. */
import { z } from 'zod';
import { architectureSchema } from '../architecture.ts';
import { latencyMethodSchema } from '../latency.ts';

export const measuringPlanQuerySchema = z.strictObject({
  space: z
    .string()
    .max(100)
    .default('mobile-inverted-residual')
    .meta({ description: 'A space that ships.', example: 'mobile-inverted-residual' }),
  resolution: z.coerce
    .number()
    .int()
    .min(1)
    .max(1024)
    .optional()
    .meta({ description: "Pixels; left out: the space's own.", example: 224 }),
  plan: z.enum(['short', 'full']).default('short').meta({
    description:
      '`short`: a dozen parts and ten whole networks, a minute on a phone. `full`: every part, and 40 networks.',
    example: 'short',
  }),
});

const visitSchema = z.strictObject({
  warmUpCalls: latencyMethodSchema.shape.warmUpCalls.meta({
    description: 'Calls whose time is thrown away.',
    example: 3,
  }),
  visitMs: z.number().positive().meta({ description: 'Calls are repeated until this is filled; the median counts.' }),
});

export const measuringPlanSchema = z
  .strictObject({
    plan: z.enum(['short', 'full']),
    space: z.string().meta({ example: 'mobile-inverted-residual' }),
    resolution: z.int().min(1).meta({ description: 'Pixels.', example: 224 }),
    complete: z.boolean().meta({ description: 'Whether `parts` are all that any network of the space has.' }),
    reference: z.string().meta({
      description: 'The part to time after every twelve others: where it moves by over 3 % the device was not quiet.',
      example: 'mbconv-k5-e6-s1-i40-o40-r14-id',
    }),
    parts: z.array(z.string()).meta({ description: 'Signatures.', example: ['mbconv-k5-e6-s2-i24-o40-r56'] }),
    networks: z.array(
      z.strictObject({
        architecture: architectureSchema,
        path: z.array(z.int().min(0)),
        drawn: z.enum(['designed', 'uniform']),
      }),
    ),
    rounds: z.int().min(1).meta({ description: 'Every model is visited once a round, in an order shuffled anew.' }),
    visits: z.strictObject({ parts: visitSchema, networks: visitSchema }),
    quantile: latencyMethodSchema.shape.quantile.meta({
      description: 'Which quantile over its visits is the time of a model; low, as disturbance only adds.',
      example: 0,
    }),
    seed: z.int().meta({ description: 'Of the choice of networks, and of weights and inputs.', example: 1 }),
  })
  .meta({
    id: 'MeasuringPlan',
    description:
      'Time the model of no parts (`call`), each part alone and each network; take what `call` takes off the parts, ' +
      'and send all of it to `POST /v1/hardware/{id}/measurements`.',
  });

/** As sent, before what is absent was filled in. */
export type MeasuringPlanInput = Partial<z.output<typeof measuringPlanQuerySchema>>;
export type MeasuringPlanQuery = z.infer<typeof measuringPlanQuerySchema>;
export type ServedPlan = z.infer<typeof measuringPlanSchema>;
