/** @file From the Bearer key of a request to its tenant and scopes, within the key's rate. */
import type { MiddlewareHandler } from 'hono';
import type { KeyScope } from '../../shared/db/schema/keys.ts';
import { FastpathError } from '../../shared/errors.ts';
import { authenticate, requireScope } from '../service/keys/authenticate.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import type { RateLimiter } from './rate-limit.ts';

/** Lets through who has the scope: `admin` includes the others. */
export function admit(scope: KeyScope): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    await check(c, scope, c.get('dependencies').limiter);
    await next();
  };
}

/** The same at the rate of predictions. */
export const admitPrediction: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await check(c, 'predict', c.get('dependencies').predictLimiter);
  await next();
};

/** Lets through only the operator's own key. */
export const admitOperator: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (!c.get('caller').operator) {
    throw new FastpathError('auth.forbidden', "this needs the operator's key: a tenant cannot do it for itself");
  }
  await next();
};

async function check(c: ApiContext, scope: KeyScope, limiter: RateLimiter): Promise<void> {
  const caller = await authenticate(c.get('dependencies'), c.req.header('authorization') ?? null);
  const headers = limiter.take(caller.keyId ?? 'operator');
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  requireScope(caller, scope);
  c.set('caller', caller);
}
