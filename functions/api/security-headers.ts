/** @file Headers of every answer: nothing here is to be framed, sniffed or run. */
import type { MiddlewareHandler } from 'hono';
import type { ApiEnv } from './context.ts';

const always: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
};
const noContent = "default-src 'none'; frame-ancestors 'none'";

/** Also names the request, unless the route has done so. */
export const securityHeaders: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  const { headers } = c.res;
  for (const [name, value] of Object.entries(always)) headers.set(name, value);
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', noContent);
  if (!headers.has('x-request-id')) headers.set('x-request-id', c.get('requestId'));
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
};
