/**
 * @file Forms count only where they come from our own pages (OWASP, Cross-Site Request Forgery Prevention: Fetch
 * Metadata, with the Origin header where a browser sends none).
 */
import type { MiddlewareHandler } from 'hono';
import { FastpathError } from '../../shared/errors.ts';
import type { WebContext, WebEnv } from './context.ts';

/** @throws FastpathError `request.cross-site` */
export const sameOrigin: MiddlewareHandler<WebEnv> = async (c, next) => {
  const reads = c.req.method === 'GET' || c.req.method === 'HEAD';
  if (!reads && !comesFromUs(c)) {
    const message = 'this form was sent from another site: open the page here and send it again';
    throw new FastpathError('request.cross-site', message);
  }
  await next();
};

function comesFromUs(c: WebContext): boolean {
  // Browsers send it to https and localhost only.
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = c.req.header('origin');
  const { publicUrl } = c.get('dependencies');
  const host = publicUrl === null ? c.req.header('host') : new URL(publicUrl).host;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
