/** @file The database suites on PostgreSQL itself, directly and as the RDS Data API sees it, and what happens when it is down. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeCredit } from '../../functions/service/credit/credit-suite.ts';
import { describeUsage } from '../../functions/service/usage/usage-suite.ts';
import { describeDatabase } from '../../shared/db/contract-suite.ts';
import type { OpenedDatabase } from '../../shared/db/db.ts';
import { databaseError } from '../../shared/db/errors.ts';
import { migrate } from '../../shared/db/migrate.ts';
import { openDatabase } from '../../shared/db/open.ts';
import { openDataApi } from '../../shared/db/open-data-api.ts';
import { tenants } from '../../shared/db/schema/index.ts';
import { transact } from '../../shared/db/transact.ts';
import { DataApiServer } from './data-api-server.ts';
import { PostgresServer } from './postgres-server.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server?.remove());

const open = (url: string) => openDatabase({ url, directory: '/nonexistent' });
const openPostgres = async () => await open(await server.createDatabase());

async function openThroughDataApi(): Promise<OpenedDatabase> {
  const api = await DataApiServer.start(await server.createDatabase());
  const opened = openDataApi({
    resourceArn: 'arn:aws:rds:eu-central-1:123456789012:cluster:fastpath',
    secretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:fastpath',
    database: 'fastpath',
    client: {
      endpoint: api.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
  });
  await migrate(opened.db);
  const close = async () => {
    await opened.close();
    await api.close();
  };
  return { ...opened, close };
}

describeDatabase('PostgreSQL', openPostgres);
describeDatabase('RDS Data API', openThroughDataApi);
describeCredit('PostgreSQL', openPostgres);
describeCredit('RDS Data API', openThroughDataApi);
describeUsage('PostgreSQL', openPostgres);
describeUsage('RDS Data API', openThroughDataApi);

describe('PostgreSQL', () => {
  const at = new Date('2026-11-24T00:00:00Z');
  const unavailable = { code: 'database.unavailable', retry: true };

  it('is migrated once by servers that start together', async () => {
    const url = await server.createDatabase();
    const opened = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    await opened[0]!.db.insert(tenants).values({ id: 'local', name: 'x', createdAt: at });
    for (const { db, close, description } of opened) {
      expect((await db.select().from(tenants)).length).toBe(1);
      expect(description).toMatch(/^PostgreSQL at 127\.0\.0\.1:\d+\/test_\d+$/);
      await close();
    }
  });

  it('that refuses says why', async () => {
    const message = expect.stringMatching(/^PostgreSQL at 127.*refuses: .*does not exist; correct DATABASE_URL/);
    await expect(open(server.url('absent'))).rejects.toMatchObject({ code: 'database.refused', retry: false, message });
    await expect(open(server.url('postgres', 'nobody'))).rejects.toMatchObject({ code: 'database.refused', message });
  });

  it('that goes down is worth another try, writes nothing by halves, and is found again when it is back', async () => {
    const url = await server.createDatabase();
    const { db, close } = await open(url);
    const row = (id: string) => ({ id, name: 'x', createdAt: at });
    const broken = transact(db, async (tx) => {
      await tx.insert(tenants).values(row('local'));
      await server.halt();
      await tx.insert(tenants).values(row('public'));
    });
    await expect(broken).rejects.toMatchObject(unavailable);
    await expect(transact(db, (tx) => tx.select().from(tenants))).rejects.toMatchObject(unavailable);
    const read = await db
      .select()
      .from(tenants)
      .catch((error) => error);
    expect(databaseError(read)).toMatchObject(unavailable);
    await expect(open(url)).rejects.toMatchObject(unavailable);
    await server.run();
    expect(await db.select().from(tenants)).toEqual([]);
    await close();
  });
});
