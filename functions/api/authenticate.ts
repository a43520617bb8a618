/** @file From the Bearer key of a request to its tenant and scopes, within the key's rate. */
import type { MiddlewareHandler } from 'hono';
import { FastpathError } from '../../shared/errors.ts';
import type { ApiContext, ApiEnv, Caller, Scope } from './context.ts';
import type { RateLimiter } from './rate-limit.ts';

/** Lets through who has the scope: `admin` includes the others. Asks the database each time. */
export function requireScope(scope: Scope): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    await admit(c, scope, true, c.get('dependencies').limiter);
    await next();
  };
}

/** The same for predictions: a revoked key may work for up to a minute where it was revoked elsewhere. */
export const admitPrediction: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await admit(c, 'predict', false, c.get('dependencies').predictLimiter);
  await next();
};

async function admit(c: ApiContext, scope: Scope, fresh: boolean, limiter: RateLimiter): Promise<void> {
  const caller = await c.get('dependencies').authenticate(bearer(c.req.header('authorization')), fresh);
  if (caller === null) {
    throw new FastpathError('auth.unauthenticated', 'this API key is not valid, or was revoked: use another one');
  }
  const headers = limiter.take(caller.keyId);
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  checkScope(caller, scope);
  c.set('caller', caller);
}

function bearer(header: string | undefined): string {
  const match = /^Bearer +([!-~]{1,200})$/i.exec(header ?? '');
  if (match !== null) return match[1]!;
  const message = 'give an API key in the header "Authorization: Bearer fp_…"';
  throw new FastpathError('auth.unauthenticated', header === undefined ? message : `the header is not one: ${message}`);
}

function checkScope({ scopes }: Caller, scope: Scope): void {
  if (scopes.includes(scope) || scopes.includes('admin')) return;
  throw new FastpathError(
    'auth.forbidden',
    `this needs a key with scope ${scope}, this one has ${scopes.join(' and ')}: use another key`,
  );
}
