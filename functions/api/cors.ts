/**
 * @file Answers that pages of other origins may read (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol). Only keys in
 * `Authorization` let anyone in, and no cookie ever does, so that a page gets no further than the key it holds.
 */
import { FastpathError } from '../../shared/errors.ts';

/** @param env what the runtime hands over beside the request */
export type Answer = (request: Request, env: object) => Response | Promise<Response>;

const preflight = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-none-match, last-event-id',
  'access-control-max-age': '86400',
};
/** Beyond those that pages may read anyway. */
const exposed = [
  ...['etag', 'location', 'content-location', 'content-disposition', 'retry-after', 'x-request-id'],
  ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'ratelimit-policy'],
].join(', ');

/** @param origins whose pages may read answers, as `checkedOrigins` gives them; none: no header is added at all */
export function withCors(origins: readonly string[], answer: Answer): Answer {
  if (origins.length === 0) return answer;
  return async (request, env) => {
    const origin = request.headers.get('origin');
    const allowed = origin !== null && (origins.includes('*') || origins.includes(origin));
    const asks = request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
    const response =
      allowed && asks ? new Response(null, { status: 204, headers: preflight }) : await answer(request, env);
    const { headers } = response;
    headers.append('vary', 'origin');
    if (!allowed) return response;
    headers.set('access-control-allow-origin', origin);
    headers.set('access-control-expose-headers', exposed);
    return response;
  };
}

/** @throws FastpathError `cors.origin` */
export function checkedOrigins(origins: readonly string[]): readonly string[] {
  const wrong = origins.find(
    (origin) => origin !== '*' && !(URL.canParse(origin) && new URL(origin).origin === origin),
  );
  if (wrong === undefined) return origins;
  const message = `${JSON.stringify(wrong)} is no origin: give scheme, host and port only, e.g. https://app.example.com, or * for all`;
  throw new FastpathError('cors.origin', message);
}
