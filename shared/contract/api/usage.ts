/** @file `GET /v1/usage`: what was used in a month, by search. */
import { z } from 'zod';
import { usdSchema } from './common.ts';

export const usageQuerySchema = z.strictObject({
  month: z
    .string()
    .regex(/^20[0-9]{2}-(0[1-9]|1[0-2])$/)
    .optional()
    .meta({ description: 'Calendar month (UTC); this one when absent.', example: '2026-11' }),
  format: z
    .enum(['json', 'csv'])
    .default('json')
    .meta({ description: '`csv` is also what `Accept: text/csv` gets.', example: 'json' }),
});

export const usageSchema = z
  .strictObject({
    month: z.string().meta({ example: '2026-11' }),
    predictions: z.int().meta({ description: 'Predictions answered: architectures × hardware.', example: 1200 }),
    computeSeconds: z.number().meta({ description: 'Of all attempts that ended in the month.', example: 5412.5 }),
    storageByteDays: z.number().meta({ description: 'Bytes kept × days.', example: 0 }),
    costUsd: usdSchema,
    searches: z
      .array(
        z.strictObject({
          searchId: z.string(),
          attempts: z.int().meta({ description: 'Attempts that ended in the month.' }),
          computeSeconds: z.number(),
          costUsd: usdSchema,
        }),
      )
      .meta({ description: 'Searches with attempts that ended in the month.' }),
  })
  .meta({ id: 'Usage', description: 'Each event counts once; seconds are those between start and stop of the queue.' });

export type Usage = z.infer<typeof usageSchema>;
