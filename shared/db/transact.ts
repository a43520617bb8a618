/** @file How services change the database. */
import type { Db, Transaction } from './db.ts';
import { databaseError, isConflict } from './errors.ts';

const attempts = 5;

/** Runs a change in one transaction, which may hold more than that change. */
export type Commit = <T>(change: (tx: Transaction) => Promise<T>) => Promise<T>;

/**
 * Runs `change` in one transaction: all of it is written, or nothing. Where another transaction was in the way it runs
 * again, so `change` touches nothing but the transaction. Inside it never use `db`: PGlite has one connection, and a
 * query beside the transaction would wait for its end.
 * @throws FastpathError `database.unavailable` (retry); what `change` throws
 */
export async function transact<T>(db: Db, change: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(change);
    } catch (error) {
      if (attempt === attempts || !isConflict(error)) throw databaseError(error);
    }
  }
}
