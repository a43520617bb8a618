/** @file The whole service as one process on a PostgreSQL server. */
import { afterAll, beforeAll } from 'vitest';
import { describeService } from '../integration/serve-suite.ts';
import { PostgresServer } from './postgres-server.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server?.remove());

describeService('PostgreSQL', async () => ({ DATABASE_URL: await server.createDatabase() }));
