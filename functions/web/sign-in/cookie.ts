/** @file The cookie that a signed-in browser shows: no script can read it, and no other site can send it along a form. */
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { WebContext } from '../context.ts';
import { root } from '../links.ts';
import { publicOrigin } from '../public-origin.ts';

const name = 'fastpath-session';

export function sessionToken(c: WebContext): string | null {
  return getCookie(c, name) ?? null;
}

export function giveSession(c: WebContext, { token, expiresAt }: { token: string; expiresAt: Date }): void {
  setCookie(c, name, token, { ...attributes(c), expires: expiresAt });
}

export function takeSession(c: WebContext): void {
  deleteCookie(c, name, attributes(c));
}

/** A server of one's own may be reached without TLS, where a browser would drop a cookie that insists on it. */
function attributes(c: WebContext) {
  return { path: root, httpOnly: true, sameSite: 'Lax', secure: publicOrigin(c).startsWith('https:') } as const;
}
