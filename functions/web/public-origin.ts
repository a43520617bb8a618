/** @file Scheme and host by which browsers reach the dashboard: where a proxy ends TLS, not those of the request. */
import type { WebContext } from './context.ts';

export function publicOrigin(c: WebContext): string {
  return c.get('dependencies').publicUrl ?? new URL(c.req.url).origin;
}
