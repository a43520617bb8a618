/** @file Which HTTP status each error code answers with. Codes that are not here are our fault: 500. */
import { FastpathError } from '../../shared/errors.ts';
import {
  ProblemError,
  type ProblemKind,
  type ProblemKinds,
  predictProblems,
  problemResponse,
} from '../predict/problem.ts';

const retryAfterSeconds = 5;
const unavailable: ProblemKind = {
  status: 503,
  title: 'Temporarily unavailable',
  headers: { 'retry-after': String(retryAfterSeconds) },
};
const invalid = (title: string): ProblemKind => ({ status: 422, title });
const conflict = (title: string): ProblemKind => ({ status: 409, title });

export const apiProblems: ProblemKinds = {
  ...predictProblems,
  'request.rate': { status: 429, title: 'Too many requests' },
  'request.idempotency-reuse': invalid('Idempotency key used for another request'),
  'request.in-flight': { ...conflict('The same request is being answered'), headers: { 'retry-after': '1' } },
  'database.unavailable': unavailable,
  'store.unavailable': unavailable,
  'queue.unavailable': unavailable,
};

/** The answer to a request that failed. */
export function apiProblem(error: unknown, requestId: string): Response {
  return problemResponse(knownError(error), requestId, apiProblems);
}

/** Errors of the database's and the file system's own, as what they mean to a client. */
function knownError(error: unknown): unknown {
  if (error instanceof FastpathError) {
    if (apiProblems[error.code] !== undefined || !error.retry) return error;
    return new FastpathError('store.unavailable', error.message, { cause: error });
  }
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (isDatabaseDown(code, cause.message)) return down('database.unavailable', 'the database', error);
    if ((cause as NodeJS.ErrnoException).syscall !== undefined && isDiskTrouble(code)) {
      return down('store.unavailable', 'the object store', error);
    }
  }
  return error;
}

function down(code: string, what: string, cause: unknown): FastpathError {
  const message = `${what} does not answer: nothing was changed, try again in ${retryAfterSeconds} seconds`;
  return new ProblemError(code, message, {}, {}, cause);
}

/** SQLSTATE classes 08 (connection), 53 (resources), 57P (shutdown), and what sockets and a closed PGlite say. */
function isDatabaseDown(code: string, message: string): boolean {
  return (
    /^(08|53|57P0)/.test(code) ||
    /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH)/.test(code) ||
    /PGlite is clos|Connection terminated|connection timeout|pool after calling end/i.test(message)
  );
}

function isDiskTrouble(code: string): boolean {
  return /^(EACCES|EPERM|ENOSPC|EIO|EROFS|ENOTDIR|ENOENT|EMFILE|ENFILE)$/.test(code);
}
