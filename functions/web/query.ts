/** @file What an address says behind its `?`, checked by the schema that the API has for it. */
import type { z } from 'zod';
import { firstProblem } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { WebContext } from './context.ts';

/**
 * Empty fields count as absent: a form sends all it has.
 * @throws FastpathError `request.invalid`
 */
export function readQuery<T extends z.ZodType>(c: WebContext, schema: T): z.output<T> {
  const said = Object.entries(c.req.query()).filter(([, value]) => value !== '');
  const read = schema.safeParse(Object.fromEntries(said));
  if (read.success) return read.data;
  throw new FastpathError('request.invalid', firstProblem('address', read.error, c.req.query()));
}
