/**
 * @file Aurora PostgreSQL through the RDS Data API: no connections to hold, so that Lambda functions come and go and the
 * database can sleep. Opening asks nothing of it; deploying runs `migrate` once.
 */
import { RDSDataClient, type RDSDataClientConfig } from '@aws-sdk/client-rds-data';
import { drizzle } from 'drizzle-orm/aws-data-api/pg';
import { FastpathError } from '../errors.ts';
import type { OpenedDatabase } from './db.ts';
import * as schema from './schema/index.ts';

export interface DataApiOptions {
  resourceArn: string;
  secretArn: string;
  database: string;
  /** region, endpoint, credentials where the environment has none */
  client?: RDSDataClientConfig;
}

/** @throws FastpathError `database.time-zone` */
export function openDataApi({ client: config, ...options }: DataApiOptions): OpenedDatabase {
  // It answers times without their zone, which are then read as local ones.
  if (new Date(0).getTimezoneOffset() !== 0) {
    throw new FastpathError('database.time-zone', 'the RDS Data API needs a process in UTC: set TZ=UTC');
  }
  const client = new RDSDataClient(config ?? {});
  const db = drizzle({ client, ...options, schema, casing: 'snake_case' });
  return { db, description: `Aurora ${options.resourceArn}`, close: async () => client.destroy() };
}
