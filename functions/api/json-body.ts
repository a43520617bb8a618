/** @file The body of a request as JSON: of the right type, within a limit, read once. */
import type { MiddlewareHandler } from 'hono';
import { BodyText } from '../predict/body.ts';
import { jsonOnly, parseJson } from '../predict/json-request.ts';
import type { ApiEnv } from './context.ts';

/** Beyond what any request but predictions needs: an order may bring a search space, a data set a list of files. */
const mostBytes = 1_000_000;

/** @throws FastpathError `request.content-type`, `request.too-large`, `request.not-utf8`, `request.malformed-json` */
export const jsonBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const text = await c.get('dependencies').readBody(jsonOnly(c.req.raw), new BodyText(mostBytes), c.env);
  parseJson(text);
  // Where the route's validator looks before it would read the stream itself; a promise, whatever its type says.
  c.req.bodyCache.text = Promise.resolve(text) as unknown as string;
  c.set('bodyText', text);
  await next();
};
