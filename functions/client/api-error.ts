/** @file The one error of calls: what the API said is wrong, or why it said nothing. */
import type { Problem } from '../../shared/contract/api/common.ts';
import { FastpathError } from '../../shared/errors.ts';

export interface ApiErrorOptions {
  /** of the answer; null where none came */
  status: number | null;
  /** names the request in the service's logs */
  requestId?: string | null;
  /** whether the same call may succeed later */
  retry: boolean;
  /** what the service asks to wait before that, in ms; 0 where it does not say */
  retryAfterMs?: number;
  /** the whole problem, with members of its own such as `nearest` */
  problem?: Problem | null;
  cause?: unknown;
}

/**
 * `code` is the API's own (`order.data-set`, `credit.insufficient`, …); beside those `api.unreachable` and `api.timeout`
 * where no answer came, `api.unavailable` where something on the way says so, and `api.not-fastpath` where what answered
 * is no Fastpath API. `message` is one line that says
 * what to do.
 */
export class ApiError extends FastpathError {
  readonly status: number | null;
  readonly requestId: string | null;
  readonly problem: Problem | null;
  readonly retryAfterMs: number;

  constructor(code: string, message: string, options: ApiErrorOptions) {
    super(code, message, options);
    this.status = options.status;
    this.requestId = options.requestId ?? null;
    this.problem = options.problem ?? null;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }

  /** `message`, by the name that problem details have for it. */
  get detail(): string {
    return this.message;
  }
}

/** What an answer without success means. Reads its body. */
export async function errorOf(response: Response, asked: string): Promise<ApiError> {
  const { status, headers } = response;
  const requestId = headers.get('x-request-id');
  const passing = { status, requestId, retry: mayPass(status), retryAfterMs: retryAfterMs(headers) };
  if (isType(response, 'application/problem+json')) {
    const problem = asProblem(await response.text());
    const retry = passing.retry || problem?.code === 'request.in-flight';
    if (problem !== null) {
      const named = { ...passing, retry, problem, requestId: problem.requestId };
      return new ApiError(problem.code, problem.detail, named);
    }
  }
  if (!passing.retry) return notFastpath(response, asked);
  return new ApiError('api.unavailable', `${asked} is not available now (${status}): try again later`, passing);
}

/** For an answer that no Fastpath API gives. */
export function notFastpath(response: Response, asked: string): ApiError {
  const what = `${response.status}, ${response.headers.get('content-type') ?? 'no content type'}`;
  const message = `${asked} is no Fastpath API (it answered ${what}): check the address`;
  return new ApiError('api.not-fastpath', message, { status: response.status, retry: false });
}

/** Why no answer came, from what `fetch` threw. */
export function noAnswer(cause: unknown, asked: string): ApiError {
  const reason = reasonOf(cause);
  const message = `cannot reach ${asked}: ${reasons[reason] ?? reason}`;
  return new ApiError('api.unreachable', message, { status: null, retry: reason !== 'ENOTFOUND', cause });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; start it with fastpath serve, or check the address',
  ENOTFOUND: 'there is no such host; check the address',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
};

/** Node says why in a code of the cause, of several addresses tried in a cause of each; browsers do not say. */
function reasonOf(error: unknown): string {
  let reason = String(error);
  for (let at: unknown = error; at instanceof Error; at = at instanceof AggregateError ? at.errors[0] : at.cause) {
    const { code } = at as { code?: unknown };
    reason = typeof code === 'string' ? code : at.message || reason;
    if (typeof code === 'string' && code in reasons) break;
  }
  return reason.split('\n')[0]!;
}

/** Statuses of a service that is busy or away for a moment. */
function mayPass(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/** Seconds or a date (RFC 9110); 0 without one. */
function retryAfterMs(headers: Headers): number {
  const text = headers.get('retry-after') ?? '';
  const ms = /^\d+$/.test(text) ? 1e3 * Number(text) : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

export function isType(response: Response, type: string): boolean {
  return (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase() === type;
}

function asProblem(text: string): Problem | null {
  try {
    const problem: Problem = JSON.parse(text);
    return typeof problem.code === 'string' && typeof problem.detail === 'string' ? problem : null;
  } catch {
    return null;
  }
}
