/** @file Pages behind the sign-in: who is there, and whether the key that signed in may. */
import type { MiddlewareHandler } from 'hono';
import type { KeyScope } from '../../../shared/db/schema/keys.ts';
import { findDashboardSession } from '../../service/dashboard/sessions.ts';
import { requireScope } from '../../service/keys/authenticate.ts';
import { callerOf, type WebEnv } from '../context.ts';
import { link } from '../links.ts';
import { sessionToken } from './cookie.ts';

/** Knows who is there, or asks them to sign in and brings them back. */
export const signedIn: MiddlewareHandler<WebEnv> = async (c, next) => {
  const token = sessionToken(c);
  const caller = token === null ? null : await findDashboardSession(c.get('dependencies'), token);
  if (caller === null) {
    // A form or a stream has no page to come back to.
    const isPage = c.req.method === 'GET' && !/event-stream/.test(c.req.header('accept') ?? '');
    const to = isPage ? c.req.path + new URL(c.req.url).search : undefined;
    return c.redirect(link('/sign-in', { to }), 303);
  }
  c.get('dependencies').limiter.take(caller.keyId!);
  c.set('caller', caller);
  await next();
};

/** Throws `auth.forbidden` where the key has not the scope. */
export function needs(scope: KeyScope): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    requireScope(callerOf(c), scope);
    await next();
  };
}
