/** @file `/v1/credit`: what a tenant has to spend. */
import { z } from 'zod';
import { amountUsdSchema, idSchema, pageSchema, textSchema, timeSchema, usdSchema } from './common.ts';

export const creditSchema = z
  .strictObject({
    availableUsd: usdSchema.meta({ description: 'Free to use.', example: 95 }),
    reservedUsd: usdSchema.meta({ description: 'Held back for open orders.', example: 5 }),
    spentUsd: usdSchema.meta({ description: 'For compute, since the start.', example: 12.5 }),
    fundedUsd: usdSchema.meta({ description: 'Sum of all top-ups: the other three together.', example: 112.5 }),
    monthlyLimitUsd: usdSchema.nullable().meta({ description: 'Most to spend in a calendar month (UTC); null: none.' }),
    monthLeftUsd: usdSchema.nullable().meta({ description: 'Left of it; null without a limit.' }),
  })
  .meta({ id: 'Credit' });

export const topUpSchema = z
  .strictObject({
    tenantId: z
      .string()
      .min(1)
      .max(40)
      .regex(/^[a-z0-9_]+$/)
      .meta({ description: 'Who gets the credit.', example: 'local' }),
    amountUsd: amountUsdSchema,
    reference: textSchema(200).meta({
      description: 'Your name for this payment: the same reference is booked once.',
      example: 'invoice 2026-0117',
    }),
  })
  .meta({ id: 'TopUp', example: { tenantId: 'local', amountUsd: 100, reference: 'invoice 2026-0117' } });

export const creditEntrySchema = z
  .strictObject({
    id: z.int(),
    kind: z.enum(['top-up', 'reserve', 'charge', 'release', 'refund']),
    amountUsd: usdSchema,
    from: z.string().meta({ description: 'Account that the amount leaves.', example: 'available' }),
    to: z.string().meta({ description: 'Account that it goes to.', example: 'reserved' }),
    reference: z.string().nullable(),
    orderId: idSchema('ord', 'order').nullable(),
    searchId: idSchema('srch', 'search').nullable(),
    attempt: z.int().nullable(),
    at: timeSchema,
  })
  .meta({ id: 'CreditEntry', description: 'One line of the ledger: an amount from one account to another.' });

export const creditEntryPageSchema = pageSchema(creditEntrySchema).meta({ id: 'CreditEntryPage' });

export type Credit = z.infer<typeof creditSchema>;
export type TopUp = z.infer<typeof topUpSchema>;
export type CreditEntry = z.infer<typeof creditEntrySchema>;
