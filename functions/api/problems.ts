/** @file Which HTTP status each error code answers with. Codes that are not here are our fault: 500. */
import { databaseError } from '../../shared/db/errors.ts';
import { FastpathError } from '../../shared/errors.ts';
import {
  type ProblemKind,
  type ProblemKinds,
  predictProblems,
  problemResponse,
  unavailable,
} from '../predict/problem.ts';

const missing = (title: string): ProblemKind => ({ status: 404, title });
const invalid = (title: string): ProblemKind => ({ status: 422, title });
const conflict = (title: string): ProblemKind => ({ status: 409, title });

export const apiProblems: ProblemKinds = {
  ...predictProblems,
  'hardware.unknown': missing('No such hardware'),
  'hardware.exists': conflict('Hardware exists already'),
  'hardware.public': conflict('Public hardware'),
  'hardware.differs': conflict('Other hardware'),
  'hardware.damaged': conflict('Hardware damaged'),
  'hardware.too-many': conflict('Too much hardware'),
  'measurement.invalid': invalid('Invalid measurement'),
  'measurement.item-reuse': conflict('Item used for another measurement'),
  'measurement.too-many': conflict('Too many measurements'),
  'architecture.invalid': invalid('Invalid architecture'),
  'architecture.resolution': invalid('Resolution does not fit'),
  'import.bad-row': invalid('Invalid measurement'),
  'import.implausible': invalid('Implausible times'),
  'session.code': { status: 403, title: 'Code not valid' },
  'session.unknown': missing('No such measurement session'),
  'session.elsewhere': missing('Not of this measurement session'),
  'space.invalid': invalid('Invalid search space'),
  'space.memory-cap': invalid('Limit out of reach'),
  'space.no-candidates': invalid('Nothing to choose from'),
  'space.resolution': invalid('Resolution does not fit'),
  'space.unknown-op': invalid('Unknown operation'),
  'space.width-multiplier': invalid('Width does not fit'),
  'space.unknown': invalid('Unknown search space'),
  'budget.too-low': invalid('Budget out of reach'),
  'budget.too-high': invalid('Budget out of reach'),
  'caps.too-low': invalid('Limit out of reach'),
  'latency.unknown-block': invalid('Latency unknown'),
  'latency.nothing-timed': invalid('Latency unknown'),
  'order.targets': invalid('Invalid order'),
  'order.seeds': invalid('Invalid order'),
  'order.max-cost': invalid('Invalid order'),
  'order.warm-start': invalid('Invalid order'),
  'order.missing': missing('No such order'),
  'month.invalid': invalid('Invalid month'),
  'data-set.unknown': missing('No such data set'),
  'data-set.files': invalid('Invalid data set'),
  'data-set.no-root': invalid('Invalid data set'),
  'data-set.outside': invalid('Invalid data set'),
  'data-set.incomplete': conflict('Upload incomplete'),
  'data.missing': invalid('Invalid data set'),
  'store.missing': missing('No such file'),
  'link.invalid': { status: 403, title: 'Link not valid' },
  'link.size': invalid('Wrong size'),
  'order.data-set': conflict('Data set not verified'),
  'search.missing': missing('No such search'),
  'search.ended': conflict('The search has ended'),
  'search.not-ended': conflict('The search has not ended'),
  'tenant.missing': missing('No such tenant'),
  'tenant.built-in': conflict('A tenant of the server itself'),
  'data-set.in-use': conflict('Data set in use'),
  'webhook.url': invalid('Invalid webhook'),
  'webhook.unresolved': invalid('Invalid webhook'),
  'webhook.too-many': conflict('Too many webhooks'),
  'webhook.unknown': missing('No such webhook'),
  'key.unknown': missing('No such key'),
  'architecture.missing': missing('No such architecture'),
  'credit.insufficient': { status: 402, title: 'Not enough credit' },
  'credit.monthly-limit': { status: 402, title: 'Over the monthly limit' },
  'credit.amount': invalid('Invalid amount'),
  'request.cross-site': { status: 403, title: 'Sent from another site' },
  'request.rate': { status: 429, title: 'Too many requests' },
  'request.idempotency-reuse': invalid('Idempotency key used for another request'),
  'request.in-flight': { ...conflict('The same request is being answered'), headers: { 'retry-after': '1' } },
  'database.unavailable': unavailable,
  'store.locked': unavailable,
  'queue.unavailable': unavailable,
  'queue.refused': unavailable,
};

/** The answer to a request that failed. */
export function apiProblem(error: unknown, requestId: string): Response {
  return problemResponse(knownError(error), requestId, apiProblems);
}

/** Errors of the database's and the file system's own, as what they mean to a client. */
function knownError(error: unknown): unknown {
  if (error instanceof FastpathError) return error;
  const fromDatabase = databaseError(error);
  if (fromDatabase instanceof FastpathError) return fromDatabase;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code = '', syscall } = cause as NodeJS.ErrnoException;
    if (/PGlite is clos/i.test(cause.message)) return away('database.unavailable', error);
    if (syscall !== undefined && diskTrouble.test(code)) return away('store.unavailable', error);
  }
  return error;
}

const diskTrouble = /^(EACCES|EPERM|ENOSPC|EIO|EROFS|ENOTDIR|ENOENT|EMFILE|ENFILE)$/;

function away(code: string, cause: unknown): FastpathError {
  return new FastpathError(code, 'it does not answer', { retry: true, cause });
}
