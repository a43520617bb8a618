/** @file `GET /healthz`: whether this instance can serve. */
import { z } from 'zod';

const partSchema = z.enum(['up', 'down']);

export const healthSchema = z
  .strictObject({
    status: z.enum(['ok', 'degraded']).meta({ description: '`degraded` where one of the parts below is down.' }),
    database: partSchema,
    store: partSchema.meta({ description: 'The object store.' }),
    queue: partSchema.meta({ description: 'What runs the searches.' }),
    version: z.string().meta({ description: "The program's version.", example: '0.1.0' }),
  })
  .meta({ id: 'Health', description: 'Whether this instance can serve, and which of its parts answer.' });

export type Health = z.infer<typeof healthSchema>;
