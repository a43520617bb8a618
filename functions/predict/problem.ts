/** @file Errors as RFC 9457 problem details. */
import { FastpathError } from '../../shared/errors.ts';

/** A FastpathError with members of its own in the answer. */
export class ProblemError extends FastpathError {
  constructor(
    code: string,
    message: string,
    readonly members: Readonly<Record<string, unknown>>,
    readonly headers: Readonly<Record<string, string>> = {},
    cause?: unknown,
  ) {
    super(code, message, { cause });
  }
}

export interface ProblemKind {
  status: number;
  title: string;
  headers?: Readonly<Record<string, string>>;
}

/** by the error's code */
export type ProblemKinds = Readonly<Record<string, ProblemKind>>;

export const retryAfterSeconds = 5;
export const unavailable: ProblemKind = {
  status: 503,
  title: 'Temporarily unavailable',
  headers: { 'retry-after': String(retryAfterSeconds) },
};

export const predictProblems: ProblemKinds = {
  'auth.unauthenticated': { status: 401, title: 'Who is asking?', headers: { 'www-authenticate': 'Bearer' } },
  'auth.forbidden': { status: 403, title: 'Not allowed' },
  'request.malformed-json': { status: 400, title: 'Malformed JSON' },
  'request.not-utf8': { status: 400, title: 'Not UTF-8' },
  'request.invalid': { status: 422, title: 'Invalid request' },
  'request.too-large': { status: 413, title: 'Body too large' },
  'request.content-type': { status: 415, title: 'Unsupported content type' },
  'request.method': { status: 405, title: 'Method not allowed' },
  'request.no-such-path': { status: 404, title: 'No such path' },
  'onnx.malformed': { status: 422, title: 'Not an ONNX model' },
  'onnx.too-large': { status: 422, title: 'Model too large' },
  'onnx.input': { status: 422, title: 'Input not known' },
  'onnx.cyclic': { status: 422, title: 'Graph runs in a circle' },
  'onnx.shape': { status: 422, title: 'Impossible shape' },
  'onnx.unpriced': { status: 422, title: 'Nothing known of the model' },
  'latency.unknown-hardware': { status: 404, title: 'Unknown hardware' },
  'latency.unknown-version': { status: 404, title: 'Unknown model version' },
  'store.unavailable': unavailable,
  'store.refused': unavailable,
  'store.denied': unavailable,
  'store.no-bucket': unavailable,
  'store.region': unavailable,
  'store.changed': unavailable,
};

/**
 * The answer to a request that failed; what is none of `kinds` is our fault: logged, and nothing of it said. Nor of a
 * part that is away, unless trying again is all there is to it.
 */
export function problemResponse(error: unknown, requestId: string, kinds: ProblemKinds = predictProblems): Response {
  const kind =
    error instanceof FastpathError ? (kinds[error.code] ?? (error.retry ? unavailable : undefined)) : undefined;
  if (!(error instanceof FastpathError) || kind === undefined) {
    console.error(requestId, error);
    const detail = `something went wrong on our side: try again, and report request ${requestId} if it happens again`;
    return respond(500, { title: 'Internal error', detail, code: 'internal' }, requestId, {});
  }
  if (kind === unavailable) {
    console.error(requestId, error);
    const detail = `the ${partOf(error)} does not answer: try again in ${retryAfterSeconds} seconds`;
    return respond(kind.status, { title: kind.title, detail, code: error.code }, requestId, kind.headers!);
  }
  const members = error instanceof ProblemError ? error.members : {};
  const headers = error instanceof ProblemError ? error.headers : {};
  return respond(kind.status, { title: kind.title, detail: error.message, code: error.code, ...members }, requestId, {
    ...kind.headers,
    ...headers,
  });
}

function partOf({ code }: FastpathError): string {
  const parts: Record<string, string> = { database: 'database', store: 'object store', queue: 'job queue' };
  return parts[code.slice(0, code.indexOf('.'))] ?? 'service';
}

function respond(
  status: number,
  problem: Record<string, unknown>,
  requestId: string,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(JSON.stringify({ type: 'about:blank', status, ...problem, requestId }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...headers,
    },
  });
}
