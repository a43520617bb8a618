/** @file `/v1/tenants`: customers, made by the operator. */
import { z } from 'zod';
import { amountUsdSchema, exampleId, idSchema, textSchema, timeSchema } from './common.ts';
import { createdKeySchema } from './keys.ts';

export const createTenantSchema = z
  .strictObject({
    name: textSchema(100).meta({ description: 'For people.', example: 'Signs Inc.' }),
    monthlyLimitUsd: amountUsdSchema
      .optional()
      .meta({ description: 'Most that may be spent and reserved in a calendar month (UTC); absent: no limit.' }),
  })
  .meta({ id: 'CreateTenant', example: { name: 'Signs Inc.', monthlyLimitUsd: 500 } });

export const createdTenantSchema = z
  .strictObject({
    id: idSchema('tn', 'tenant'),
    name: z.string(),
    createdAt: timeSchema,
    key: createdKeySchema.meta({ description: "The tenant's first key, with all scopes; shown this once." }),
  })
  .meta({ id: 'CreatedTenant' });

export const tenantIdSchema = z
  .string()
  .max(40)
  .regex(/^[a-z0-9_]+$/)
  .meta({ description: 'Id of the tenant.', example: exampleId('tn') });

export const deletedTenantSchema = z
  .strictObject({
    id: tenantIdSchema,
    deletedAt: timeSchema.meta({ description: 'From then on its keys open nothing.' }),
  })
  .meta({ id: 'DeletedTenant' });

export type CreateTenant = z.infer<typeof createTenantSchema>;
export type CreatedTenant = z.infer<typeof createdTenantSchema>;
export type DeletedTenant = z.infer<typeof deletedTenantSchema>;
