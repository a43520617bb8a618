/** @file A PostgreSQL server, by its URL. */
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { FastpathError } from '../errors.ts';
import type { OpenedDatabase } from './db.ts';
import { innermost, sqlState } from './errors.ts';
import { migrate } from './migrate.ts';
import * as schema from './schema/index.ts';

const connections = 10;
const connectTimeoutMs = 5000;

/**
 * @param url `postgresql://user:password@host/database`
 * @throws FastpathError `database.url`, `database.refused`, `database.unavailable` (retry), and what `migrate` throws
 */
export async function openPostgres(url: string): Promise<OpenedDatabase> {
  const { host, pathname } = parseUrl(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'fastpath',
  });
  // A connection that breaks while idle, in the pool or between two queries of a transaction, would end the process: the
  // next query tells, or opens another.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    const db = drizzle({ client: pool, schema, casing: 'snake_case' });
    await migrate(db);
    return { db, description: `PostgreSQL at ${host}${pathname}`, close: () => pool.end() };
  } catch (error) {
    await pool.end();
    throw isRefusal(error) ? refused(host, error) : error;
  }
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && ['postgres:', 'postgresql:'].includes(parsed.protocol)) return parsed;
  throw new FastpathError('database.url', 'DATABASE_URL must be like postgresql://user:password@host/database');
}

/** Wrong password, no such user, no such database, no right to create tables. */
function isRefusal(error: unknown): boolean {
  return /^(28...|3D000|42501)$/.test(sqlState(error) ?? '');
}

function refused(host: string, cause: unknown): FastpathError {
  const message = `PostgreSQL at ${host} refuses: ${innermost(cause).message}; correct DATABASE_URL or the user's rights`;
  return new FastpathError('database.refused', message, { cause });
}
