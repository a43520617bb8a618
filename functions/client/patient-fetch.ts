/**
 * @file `fetch` that tries again where that is safe and can help: after a broken connection, and where the service is
 * busy or away. An answer in JSON is read whole within the try, so that one cut off half way counts as broken too.
 */
import { backoffMs } from '../../shared/backoff.ts';
import { ApiError, errorOf, isType, noAnswer } from './api-error.ts';
import { pause } from './pause.ts';

export interface Patience {
  fetch: typeof fetch;
  /** tries after the first one */
  retries: number;
  /** until an answer begins, and until it was read where it is JSON; null: as long as it takes */
  timeoutMs: number | null;
}

export type PatientFetch = (url: string, init?: RequestInit) => Promise<Response>;

const firstWaitMs = 250;
const longestWaitMs = 10_000;
/** Who is asked to wait longer than this has the error right away. */
const longestRetryAfterMs = 60_000;
/** POSTs that make nothing, or the same thing however often they come. */
const makesNothing = /\/(latency|orders\/estimate|architectures\/compare|complete|cancel|measurements)$/;

/** @throws ApiError for every answer but success; whatever `init.signal` was aborted with */
export function patientFetch(patience: Patience): PatientFetch {
  return async (url, init = {}) => {
    const signal = init.signal ?? undefined;
    for (let failures = 1; ; failures++) {
      try {
        return await tryOnce(patience, url, init);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof ApiError)) throw error;
        // An answer that was lost had deleted it.
        const isGone = init.method === 'DELETE' && failures > 1 && error.problem?.status === 404;
        if (isGone) return new Response(null, { status: 204 });
        const again =
          error.retry &&
          error.retryAfterMs <= longestRetryAfterMs &&
          failures <= patience.retries &&
          isRepeatable(url, init);
        if (!again) throw error;
        await pause(error.retryAfterMs + backoffMs(failures, firstWaitMs, longestWaitMs), signal);
      }
    }
  };
}

async function tryOnce({ fetch, timeoutMs }: Patience, url: string, init: RequestInit): Promise<Response> {
  const { origin } = new URL(url);
  const limit = new AbortController();
  const timer = timeoutMs === null ? undefined : setTimeout(() => limit.abort(), timeoutMs);
  const signal = AbortSignal.any([limit.signal, ...(init.signal ? [init.signal] : [])]);
  try {
    const response = await fetch(url, { ...init, signal });
    if (!response.ok) throw await errorOf(response, origin);
    if (!isType(response, 'application/json')) return response;
    return new Response(await response.text(), response);
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    if (!limit.signal.aborted) throw noAnswer(cause, origin);
    const message = `${origin} did not answer within ${timeoutMs! / 1e3} s: try again later`;
    throw new ApiError('api.timeout', message, { status: null, retry: true, cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a lost answer may be asked for again: of a POST that makes something, only under its Idempotency-Key. */
function isRepeatable(url: string, { method = 'GET', headers }: RequestInit): boolean {
  if (method !== 'POST') return true;
  return new Headers(headers).has('idempotency-key') || makesNothing.test(new URL(url).pathname);
}
