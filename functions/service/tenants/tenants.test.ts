import { eq, getTableName, isTable } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createdDataSetSchema } from '../../../shared/contract/api/data-sets.ts';
import { type CreatedTenant, createdTenantSchema } from '../../../shared/contract/api/tenants.ts';
import * as schema from '../../../shared/db/schema/index.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { type Answer, type ApiSetting, type Ask, openApi } from '../../api/test-setting.ts';
import { creditOf } from '../credit/statement.ts';
import { topUp } from '../credit/top-up.ts';
import { mirrorKey } from '../keys/mirror.ts';
import { reconcile } from '../searches/reconcile.ts';
import { submitSearch } from '../searches/submit.ts';
import { eraseTenants } from './erase-tenants.ts';

let api: ApiSetting;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

async function newTenant(): Promise<CreatedTenant> {
  const made = await api.ask('POST', '/v1/tenants', { key: 'operator', json: { name: 'Signs Inc.' } });
  expect(made.status, made.text).toBe(201);
  return createdTenantSchema.parse(made.json);
}
const as = ({ key }: CreatedTenant, method: string, path: string, ask: Ask = {}): Promise<Answer> =>
  api.ask(method, path, { ...ask, headers: { authorization: `Bearer ${key.secret}` } });

/** The ledger, and whose it is. */
const kept = ['tenants', 'credit_entries', 'credit_balances', 'credit_reservations'];

/** What there is of a tenant beside that. */
async function leftOf(tenantId: string): Promise<string[]> {
  const left: string[] = [];
  for (const table of Object.values(schema).filter(isTable) as (PgTable & {
    tenantId?: typeof schema.keys.tenantId;
  })[]) {
    if (table.tenantId === undefined || kept.includes(getTableName(table))) continue;
    const rows = await api.db.$count(table, eq(table.tenantId, tenantId));
    if (rows > 0) left.push(`${rows} ${getTableName(table)}`);
  }
  for await (const { key } of api.store.list(`tenants/${tenantId}/`)) left.push(key);
  const own = await api.db.select().from(schema.keys).where(eq(schema.keys.tenantId, tenantId));
  for (const { sha256 } of own) if ((await api.store.get(mirrorKey(sha256))) !== null) left.push('a mirrored key');
  return left;
}

/** A tenant that has something of everything; one search runs, one is queued. */
async function busyTenant(): Promise<{ tenant: CreatedTenant; running: string }> {
  const tenant = await newTenant();
  await topUp(api, tenant.id, { amountMicroUsd: 100_000_000, reference: 'payment' });
  const { ids } = await api.order(['hang', 'hang'], 1_000_000, tenant.id);
  await submitSearch(api, ids[0]!);
  const source = { type: 'upload', files: [{ name: 'a/1.png', bytes: 3 }] };
  const json = { name: 'signs', source };
  const sent = await as(tenant, 'POST', '/v1/datasets', { json });
  const { uploads } = createdDataSetSchema.parse(sent.json);
  expect(uploads).toHaveLength(1);
  expect((await as(tenant, 'POST', '/v1/webhooks', { json: { url: 'https://example.com/' } })).status).toBe(201);
  return { tenant, running: ids[0]! };
}

it('a tenant is made by the operator, and its first key is its own', async () => {
  expect((await api.ask('POST', '/v1/tenants', { json: { name: 'x' } })).status).toBe(403);
  const tenant = await newTenant();
  expect((await as(tenant, 'GET', '/v1/credit')).json).toMatchObject({ fundedUsd: 0 });
  expect((await as(tenant, 'GET', '/v1/datasets')).json).toMatchObject({ items: [] });
});

it('a tenant is deleted by its own key: at once nobody gets in, then its searches end, and all but the ledger goes', async () => {
  const { tenant, running } = await busyTenant();
  const before = await creditOf(api, tenant.id);
  expect((await as(tenant, 'DELETE', `/v1/tenants/${tenant.id}`)).status).toBe(202);
  expect((await as(tenant, 'GET', '/v1/credit')).status).toBe(401);
  const again = await api.ask('DELETE', `/v1/tenants/${tenant.id}`, { key: 'operator' });
  expect(again.status).toBe(202);

  // While a job runs nothing of it is touched: the worker writes on.
  expect(await eraseTenants(api)).toEqual([]);
  expect((await leftOf(tenant.id)).length).toBeGreaterThan(5);
  await expect
    .poll(async () => (await api.queue.describe(await jobOf(running))).map(({ status }) => status), { timeout: 50_000 })
    .toEqual(['failed']);
  expect((await reconcile(api)).failures).toEqual([]);
  expect(await eraseTenants(api)).toEqual([]);
  expect(await leftOf(tenant.id)).toEqual([]);

  const [row] = await api.db.select().from(schema.tenants).where(eq(schema.tenants.id, tenant.id));
  expect(row).toMatchObject({ name: '', deletedAt: expect.any(Date) });
  const after = await creditOf(api, tenant.id);
  expect(after.reservedMicroUsd).toBe(0);
  expect(after.availableMicroUsd + after.spentMicroUsd).toBe(before.availableMicroUsd + before.reservedMicroUsd);
  // The others have what they had.
  expect((await api.ask('GET', `/v1/searches/${api.ours.searches}`)).status).toBe(200);
  expect((await api.ask('GET', `/v1/datasets/${api.theirs.datasets}`, { key: 'theirs' })).status).toBe(200);
});

const jobOf = async (id: string) => {
  const [search] = await api.db.select().from(schema.searches).where(eq(schema.searches.id, id));
  return search?.jobId == null ? [] : [search.jobId];
};

it.each(['deletePrefix', 'delete', 'transaction'] as const)('goes on where %s was cut off', async (step) => {
  const tenant = await newTenant();
  const json = { name: 'signs', source: { type: 'upload', files: [{ name: 'a/1.png', bytes: 3 }] } };
  expect((await as(tenant, 'POST', '/v1/datasets', { json })).status).toBe(201);
  await as(tenant, 'DELETE', `/v1/tenants/${tenant.id}`);
  const cut = async (): Promise<never> => {
    throw new Error('cut off');
  };
  const broken = <T extends object>(whole: T): T =>
    new Proxy(whole, {
      get: (target, name) => {
        if (name === step) return cut;
        const found: unknown = Reflect.get(target, name);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  const deps =
    step === 'transaction' ? { ...api, db: broken(api.db) } : { ...api, store: broken(api.store as ObjectStore) };
  expect((await eraseTenants(deps)).length).toBeGreaterThan(0);
  expect((await leftOf(tenant.id)).length).toBeGreaterThan(0);
  expect(await eraseTenants(api)).toEqual([]);
  expect(await leftOf(tenant.id)).toEqual([]);
});

it('what a request that was under way wrote afterwards goes, too', async () => {
  const tenant = await newTenant();
  await as(tenant, 'DELETE', `/v1/tenants/${tenant.id}`);
  expect(await eraseTenants(api)).toEqual([]);
  await api.store.put(`tenants/${tenant.id}/searches/x/spec.json`, Buffer.from('{}'));
  expect(await eraseTenants(api)).toEqual([]);
  expect(await leftOf(tenant.id)).toEqual([]);
});

it('nobody deletes another tenant, or those of the server itself', async () => {
  const tenant = await newTenant();
  const deletion = async (key: 'admin' | 'operator', id: string) =>
    (await api.ask('DELETE', `/v1/tenants/${id}`, { key })).status;
  expect(await deletion('admin', tenant.id)).toBe(404);
  expect(await deletion('admin', 'local')).toBe(404);
  expect(await deletion('operator', 'tn_01jd9z5k3q8v7w6x5y4t3s2r1p')).toBe(404);
  expect(await deletion('operator', 'local')).toBe(409);
  expect(await deletion('operator', 'public')).toBe(409);
  expect((await as(tenant, 'GET', '/v1/credit')).status).toBe(200);
});
