/** @file `/v1/webhooks`: addresses that are told of each search's end. */
import { z } from 'zod';
import { idSchema, pageSchema, timeSchema } from './common.ts';
import { searchSchema } from './searches.ts';

const urlSchema = z
  .string()
  .min(9)
  .max(2000)
  .regex(/^https?:\/\/[!-~]+$/)
  .meta({
    description: 'Where to POST; an address that resolves to a private network is refused.',
    example: 'https://example.com/hook',
  });

export const createWebhookSchema = z
  .strictObject({ url: urlSchema })
  .meta({ id: 'CreateWebhook', example: { url: 'https://example.com/hook' } });

export const webhookSchema = z
  .strictObject({
    id: idSchema('wh', 'webhook'),
    url: urlSchema,
    createdAt: timeSchema,
    disabledAt: timeSchema.nullable().meta({ description: 'Set after too many failures in a row.' }),
  })
  .meta({ id: 'Webhook' });

export const createdWebhookSchema = webhookSchema
  .extend({
    secret: z.string().meta({ description: 'Signs each delivery. It is shown this once.', example: 'whsec_…' }),
  })
  .meta({ id: 'CreatedWebhook' });

export const webhookPageSchema = pageSchema(webhookSchema).meta({ id: 'WebhookPage' });

export const webhookEventSchema = z
  .strictObject({
    id: idSchema('whd', 'delivery').meta({ description: 'The same for every try of a delivery: keep one.' }),
    type: z.enum(['search.succeeded', 'search.failed', 'search.cancelled', 'search.stopped']),
    createdAt: timeSchema,
    search: searchSchema,
  })
  .meta({
    id: 'WebhookEvent',
    description:
      'The body of a delivery, sent at least once, for about 15 hours until an answer is 2xx. The header ' +
      '`Fastpath-Signature: t=SECONDS,v1=HEX` holds the time of sending and the HMAC-SHA256, under the secret of the ' +
      'webhook, of `SECONDS.BODY`: refuse what does not match or is older than five minutes.',
  });

export type CreateWebhook = z.infer<typeof createWebhookSchema>;
export type Webhook = z.infer<typeof webhookSchema>;
export type CreatedWebhook = z.infer<typeof createdWebhookSchema>;
export type WebhookEvent = z.infer<typeof webhookEventSchema>;
