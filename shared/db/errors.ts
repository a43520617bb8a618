/** @file What a driver's error means. drizzle wraps it in one that holds the query, and each driver tells it in its own way. */
import { FastpathError } from '../errors.ts';

/** Node's codes for a server that is not there. */
const networkCodes = /^(ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EAI_AGAIN|EHOST|ENETUNREACH)/;
/** Connection exceptions, too many connections, shutting down, crashed, starting up. */
const downStates = /^(08...|53300|57P0[1-5])$/;
/** Of the RDS Data API; the first while a paused cluster wakes up. */
const downNames =
  /^(DatabaseResuming|DatabaseUnavailable|ServiceUnavailable|InternalServerError|StatementTimeout|TimeoutError)/;
/** node-postgres says these without a code. */
const downMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection)/;
/** Two transactions in each other's way: the same one, run again, can succeed. */
const conflictStates = ['40001', '40P01'];

interface DriverError {
  code?: unknown;
  name?: unknown;
  message?: unknown;
  constraint?: unknown;
  cause?: unknown;
}

/** What the driver itself threw: the text around it quotes parameters, which a customer may have chosen. */
export function innermost(error: unknown): DriverError {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return typeof current === 'object' && current !== null ? current : {};
}

/** The SQLSTATE that PostgreSQL answered with, e.g. `23505`, or null where it answered none. */
export function sqlState(error: unknown): string | null {
  const { code, message } = innermost(error);
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !networkCodes.test(code)) return code;
  // The Data API has it in its text only, at the end.
  return /SQLState: ([0-9A-Z]{5})$/.exec(String(message))?.[1] ?? null;
}

/** The constraint or unique index that refused a row, or null. */
export function violatedConstraint(error: unknown): string | null {
  if (!sqlState(error)?.startsWith('23')) return null;
  const { constraint, message } = innermost(error);
  if (typeof constraint === 'string') return constraint;
  return /violates \w+(?: key| unique)? constraint "([^"]+)"/.exec(String(message))?.[1] ?? null;
}

export function isConflict(error: unknown): boolean {
  return conflictStates.includes(sqlState(error) ?? '');
}

/**
 * The error to hand on: `database.unavailable` (retry) for a database that cannot be reached, any other as it came.
 * For the edge of a service, where the answer is made; `transact` has done it already.
 */
export function databaseError(error: unknown): unknown {
  // One of our own says what it is, whatever it came from.
  if (error instanceof FastpathError) return error;
  const { code, name, message } = innermost(error);
  const down =
    networkCodes.test(String(code)) ||
    downStates.test(sqlState(error) ?? '') ||
    downNames.test(String(name)) ||
    downMessages.test(String(message));
  if (!down) return error;
  return new FastpathError('database.unavailable', 'the database cannot be reached: try again in a moment', {
    retry: true,
    cause: error,
  });
}
