/** @file From the Bearer key of a request to its tenant and scopes, within the key's rate. */
import type { MiddlewareHandler } from 'hono';
import type { KeyScope } from '../../shared/db/schema/keys.ts';
import { FastpathError } from '../../shared/errors.ts';
import { authenticateSession, type OpenSession } from '../service/hardware/sessions/authenticate-session.ts';
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

/**
 * Lets through who has the scope, and a device with the token of its measurement session where the path names nothing
 * but its hardware or the session itself.
 */
export function admitMeasuring(
  scope: KeyScope,
  limiter: 'limiter' | 'predictLimiter' = 'limiter',
): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const dependencies = c.get('dependencies');
    const session = await authenticateSession(dependencies, c.req.header('authorization') ?? null);
    if (session === null) await check(c, scope, dependencies[limiter]);
    else enter(c, session, dependencies[limiter]);
    await next();
  };
}

function enter(c: ApiContext, session: OpenSession, limiter: RateLimiter): void {
  take(c, limiter, session.id);
  const named = c.req.param('id');
  if (named !== undefined && named !== session.hardwareId && named !== session.id) {
    const message = `this measurement session is for hardware ${session.hardwareId} only`;
    throw new FastpathError('session.elsewhere', message);
  }
  c.set('session', session);
  c.set('caller', { tenantId: session.tenantId, keyId: null, scopes: [], operator: false });
}

/** Lets through who has no key, so many of an address and so many of all. */
export const admitSwap: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { swapLimiters, addressOf } = c.get('dependencies');
  take(c, swapLimiters.address, addressOf(c.req.raw, c.env));
  swapLimiters.all.take('all');
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
  take(c, limiter, caller.keyId ?? 'operator');
  requireScope(caller, scope);
  c.set('caller', caller);
}

function take(c: ApiContext, limiter: RateLimiter, who: string): void {
  for (const [name, value] of Object.entries(limiter.take(who))) c.header(name, value);
}
