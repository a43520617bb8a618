/**
 * @file PostgreSQL inside this process, in a directory of its own. It survives the death of the process at any instant;
 * after a power cut the last seconds may be missing.
 */
import { mkdir } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { FastpathError } from '../errors.ts';
import { findFile } from '../find-file.ts';
import type { OpenedDatabase } from './db.ts';
import { lockDirectory } from './directory-lock.ts';
import { migrate } from './migrate.ts';
import { PgliteClient } from './pglite-client.ts';
import * as schema from './schema/index.ts';

/**
 * @param directory made where it is not there yet
 * @throws FastpathError `database.locked` (retry), `database.not-opened`, and what `migrate` throws
 */
export async function openPglite(directory: string): Promise<OpenedDatabase> {
  await makeDirectory(directory);
  const lock = await lockDirectory(directory);
  try {
    // Node starts no thread from sources.
    const file = findFile('.dist/shared/db/pglite-thread.js');
    const client = new PgliteClient(new Worker(file, { workerData: { directory }, execArgv: [] }));
    const close = async () => {
      await client.close();
      await lock.release();
    };
    try {
      await client.opened.catch((cause) => {
        throw notOpened(directory, cause);
      });
      const db = drizzle({ client: client as unknown as PGlite, schema, casing: 'snake_case' });
      await migrate(db);
      return { db, description: `PGlite in ${directory}`, close };
    } catch (error) {
      await client.terminate();
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (cause) {
    throw notOpened(directory, cause);
  }
}

function notOpened(directory: string, cause: unknown): FastpathError {
  const told = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  const message = `the database in ${directory} cannot be opened (${told}): put back a copy of that folder, or move it away to start anew`;
  return new FastpathError('database.not-opened', message, { cause });
}
