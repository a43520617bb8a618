/** @file What all resources of the API share: ids, times, money, pages, and how errors look. */
import { z } from 'zod';

/** Tells ids apart at a glance; 26 characters of base 32 follow, which sort by time. */
export type IdPrefix = 'tn' | 'key' | 'ds' | 'ord' | 'srch' | 'wh' | 'whd' | 'ms';

export function idSchema(prefix: IdPrefix, what: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`))
    .meta({ description: `Id of the ${what}.`, example: exampleId(prefix) });
}

/** An id for examples and tests. */
export function exampleId(prefix: IdPrefix): string {
  return `${prefix}_01jd9z5k3q8v7w6x5y4t3s2r1p`;
}

/** Text for people: no control characters, which no database column or log line should get. */
export function textSchema(mostCharacters: number) {
  return z
    .string()
    .min(1)
    .max(mostCharacters)
    .regex(/^[ -~\u00a0-\uffff]*$/);
}

export const timeSchema = z.iso.datetime().meta({ description: 'UTC.', example: '2026-11-24T20:21:55.000Z' });

/** US dollars; amounts are kept in millionths of a dollar. */
export const usdSchema = z.number().meta({ description: 'US dollars.', example: 1.25 });

/** The largest amount in one request, far from where numbers lose precision. */
export const mostUsd = 1_000_000;

/** US dollars to be paid or reserved: at least a millionth. */
export const amountUsdSchema = z
  .number()
  .min(0.000001)
  .max(mostUsd)
  .meta({ description: 'US dollars; kept to a millionth of a dollar.', example: 25 });

export const pageQuerySchema = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(50)
    .meta({ description: 'Most items in one page.', example: 50 }),
  after: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[A-Za-z0-9_-]+$/)
    .optional()
    .meta({ description: '`next` of the page before; leave it out for the first page.' }),
});

/** Newest first; `next` is null on the last page. */
export function pageSchema<T extends z.ZodType>(item: T) {
  return z.strictObject({
    items: z.array(item).meta({ description: 'Newest first.' }),
    next: z.string().nullable().meta({
      description: 'Give it as `after` to get the next page; null on the last one.',
      example: null,
    }),
  });
}

/** RFC 9457. Some problems have members of their own, e.g. `nearest` for an unknown hardware. */
export const problemSchema = z
  .looseObject({
    type: z.string().meta({ example: 'about:blank' }),
    title: z.string().meta({ description: 'The kind of problem, in words.', example: 'Invalid request' }),
    status: z.int().min(400).max(599).meta({ description: 'The HTTP status again.', example: 422 }),
    detail: z.string().meta({
      description: 'One line that says what is wrong and what to do.',
      example: 'request: maxCostUsd is missing',
    }),
    code: z.string().meta({ description: 'Stable name of the problem, for programs.', example: 'request.invalid' }),
    requestId: z.string().meta({
      description: 'Names this request in our logs; also in the header `X-Request-Id`.',
      example: '4a3c1c58-9a34-4d50-ba1f-3d1f2a1f7a55',
    }),
  })
  .meta({ id: 'Problem', description: 'What went wrong and what to do about it (RFC 9457 problem details).' });

export type Problem = z.infer<typeof problemSchema>;
export type PageQuery = z.infer<typeof pageQuerySchema>;
export interface Page<T> {
  items: T[];
  next: string | null;
}
