/** @file Headers of every page: only our own files run, and nobody frames us. */
import type { MiddlewareHandler } from 'hono';
import type { Policy, WebEnv } from './context.ts';

const usual: Policy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
};

const always: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
};

export const webHeaders: MiddlewareHandler<WebEnv> = async (c, next) => {
  await next();
  const { headers } = c.res;
  for (const [name, value] of Object.entries(always)) headers.set(name, value);
  headers.set('content-security-policy', policyText(c.get('allowed') ?? {}));
  headers.set('x-request-id', c.get('requestId'));
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
};

function policyText(allowed: Policy): string {
  const directives = new Set([...Object.keys(usual), ...Object.keys(allowed)]);
  return [...directives]
    .map((name) => `${name} ${[...(usual[name] ?? []), ...(allowed[name] ?? [])].join(' ')}`)
    .join('; ');
}
