/** @file What every database must do, as one test suite that each driver runs. */
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db, OpenedDatabase } from './db.ts';
import { sqlState, violatedConstraint } from './errors.ts';
import { newId } from './id.ts';
import { migrate } from './migrate.ts';
import {
  architectures,
  attempts,
  dataSets,
  idempotencyKeys,
  keys,
  orders,
  searches,
  tenants,
  webhookDeliveries,
  webhooks,
} from './schema/index.ts';
import { truncateAll } from './test-database.ts';
import { transact } from './transact.ts';

const at = new Date('2026-11-24T12:34:56.789Z');
const clock = { now: () => at };
const sha256 = 'ab'.repeat(32);
const other = newId('tn', clock);

/** @param open the migrated database; the suite empties and closes it */
export function describeDatabase(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`database: ${name}`, () => {
    let opened: OpenedDatabase;
    let db: Db;

    beforeAll(async () => {
      opened = await open();
      db = opened.db;
    });
    afterAll(() => opened?.close());
    beforeEach(async () => {
      await truncateAll(db);
      await db.insert(tenants).values(['local', other].map((id) => ({ id, name: 'ü', createdAt: at })));
    });

    /** The constraint that refuses what `write` writes. */
    async function refusal(write: Promise<unknown>): Promise<string | null> {
      const error = await write.then(
        () => null,
        (reason) => reason,
      );
      return error === null ? null : (violatedConstraint(error) ?? String(error));
    }

    const dataSet = (tenantId = 'local') => ({
      id: newId('ds', clock),
      tenantId,
      name: 'cats',
      source: 'upload' as const,
      uri: 's3://b/p',
      state: 'pending' as const,
      createdAt: at,
    });
    const order = (dataSetId: string | null = null, tenantId = 'local') => ({
      id: newId('ord', clock),
      tenantId,
      dataSetId,
      request: { dataSet: dataSetId },
      state: 'open' as const,
      maxCostMicroUsd: 5_000_000,
      estimatedCostMicroUsd: 1,
      createdAt: at,
    });
    const search = (orderId: string, tenantId = 'local') => ({
      id: newId('srch', clock),
      tenantId,
      orderId,
      specSha256: sha256,
      state: 'queued' as const,
      constraints: { hardware: [{ id: 'pixel', budgetMs: 20.5 }] },
      maxCostMicroUsd: 5_000_000,
      createdAt: at,
    });

    it('gives back what was written: instants, lists, JSON, large and decimal numbers, nothing', async () => {
      const key = { id: newId('key', clock), tenantId: 'local', name: "o'key", prefix: 'fp_1', sha256, createdAt: at };
      await db.insert(keys).values({ ...key, scopes: ['predict', 'admin'] });
      const [found] = await db.select().from(keys);
      expect(found).toEqual({ ...key, scopes: ['predict', 'admin'], lastUsedAt: null, revokedAt: null });
      await db.insert(dataSets).values({ ...dataSet(), bytes: Number.MAX_SAFE_INTEGER });
      expect((await db.select().from(dataSets))[0]).toMatchObject({ bytes: Number.MAX_SAFE_INTEGER, createdAt: at });
      const [ordered] = await db.insert(orders).values(order()).returning();
      const [made] = await db.insert(searches).values(search(ordered!.id)).returning();
      expect(made).toMatchObject({ version: 1, constraints: { hardware: [{ id: 'pixel', budgetMs: 20.5 }] } });
      const later = new Date(at.getTime() + 1);
      const attempt = { tenantId: 'local', searchId: made!.id, n: 1, jobId: 'job', startedAt: at, stoppedAt: later };
      await db.insert(attempts).values({ ...attempt, gpuSeconds: 0.001 });
      expect((await db.select().from(attempts).where(eq(attempts.stoppedAt, later)))[0]!.gpuSeconds).toBe(0.001);
      await db.update(attempts).set({ gpuSeconds: 12.5 });
      expect((await db.select().from(attempts))[0]!.gpuSeconds).toBe(12.5);
    });

    it('lets no row name one of another tenant', async () => {
      const foreign = dataSet(other);
      await db.insert(dataSets).values(foreign);
      expect(await refusal(db.insert(orders).values(order(foreign.id)))).toBe('orders_data_set');
      const theirs = order(foreign.id, other);
      await db.insert(orders).values(theirs);
      expect(await refusal(db.insert(searches).values(search(theirs.id)))).toBe('searches_order');
      const ours = order();
      await db.insert(orders).values(ours);
      const theirSearch = search(theirs.id, other);
      await db.insert(searches).values(theirSearch);
      const warm = { ...search(ours.id), warmStartFrom: theirSearch.id };
      expect(await refusal(db.insert(searches).values(warm))).toBe('searches_warm_start_from');
      const attempt = { tenantId: 'local', searchId: theirSearch.id, n: 1, jobId: 'job' };
      expect(await refusal(db.insert(attempts).values(attempt))).toBe('attempts_search');
    });

    it('refuses what makes no sense', async () => {
      const ours = order();
      await db.insert(orders).values(ours);
      const row = search(ours.id);
      const insert = (values: Partial<typeof searches.$inferInsert>) =>
        refusal(db.insert(searches).values({ ...row, ...values }));
      expect(await insert({ id: 'srch_1' })).toBe('searches_id');
      expect(await insert({ state: 'failed', endedAt: at })).toBe('searches_reason');
      expect(await insert({ state: 'cancelled' })).toBe('searches_ended');
      expect(await insert({ endedAt: at })).toBe('searches_ended');
      expect(await insert({ state: 'searching' })).toBe('searches_job');
      expect(await insert({ state: 'running' as 'queued', jobId: 'job' })).toBe('searches_state');
      expect(await insert({ leaseOwner: 'me' })).toBe('searches_lease');
      expect(await insert({ state: 'succeeded', endedAt: at, jobId: 'job' })).toBe('searches_architecture');
      expect(await insert({ specSha256: 'short' })).toBe('searches_spec');
      expect(await insert({ maxCostMicroUsd: 0 })).toBe('searches_max_cost');
      const verified = { ...dataSet(), state: 'verified' as const, verifiedAt: at };
      expect(await refusal(db.insert(dataSets).values(verified))).toBe('data_sets_verified');
      const key = { id: newId('key', clock), tenantId: 'local', name: '', prefix: 'p', sha256, createdAt: at };
      expect(await refusal(db.insert(keys).values({ ...key, scopes: [] }))).toBe('keys_scopes');
      expect(await refusal(db.insert(keys).values({ ...key, scopes: ['root' as 'admin'] }))).toBe('keys_scopes');
      expect(await refusal(db.insert(tenants).values({ id: 'me', name: '', createdAt: at }))).toBe('tenants_id');
    });

    it('keeps idempotency keys apart by tenant', async () => {
      const row = { key: 'k', route: 'POST /v1/orders', requestSha256: sha256, createdAt: at };
      const expiresAt = new Date(at.getTime() + 1);
      await db.insert(idempotencyKeys).values({ ...row, tenantId: 'local', expiresAt });
      await db.insert(idempotencyKeys).values({ ...row, tenantId: other, expiresAt });
      const again = db.insert(idempotencyKeys).values({ ...row, tenantId: 'local', expiresAt, route: 'POST /v1/keys' });
      expect(await refusal(again)).toBe('idempotency_keys_tenant_id_key_pk');
    });

    it('lets a deletion take what belongs to the row, and what named it forget it', async () => {
      const set = dataSet();
      await db.insert(dataSets).values(set);
      const [first, second] = [order(set.id), order(set.id)];
      await db.insert(orders).values([first, second]);
      const [earlier, warm] = [search(first.id), search(second.id)];
      await db.insert(searches).values([earlier, { ...warm, warmStartFrom: earlier.id }]);
      await db.insert(attempts).values({ tenantId: 'local', searchId: earlier.id, n: 1, jobId: 'job' });
      const found = { tenantId: 'local', id: 'a'.repeat(16), role: 'result' as const, macs: 1, parameters: 1 };
      for (const { id } of [earlier, warm]) {
        const body = { format: 'fastpath.architecture/1' } as unknown as typeof architectures.$inferInsert.body;
        await db.insert(architectures).values({ ...found, searchId: id, body, metrics: {}, createdAt: at });
      }
      await db.delete(dataSets).where(eq(dataSets.id, set.id));
      expect((await db.select().from(orders)).map((row) => [row.tenantId, row.dataSetId])).toEqual([
        ['local', null],
        ['local', null],
      ]);
      await db.delete(orders).where(eq(orders.id, first.id));
      expect((await db.select().from(searches)).map((row) => [row.id, row.tenantId, row.warmStartFrom])).toEqual([
        [warm.id, 'local', null],
      ]);
      expect(await db.select().from(attempts)).toEqual([]);
      expect((await db.select().from(architectures)).map((row) => row.searchId)).toEqual([warm.id]);
      expect(await refusal(db.delete(tenants).where(eq(tenants.id, 'local')))).toMatch(/tenant_id_tenants_id_fk$/);
    });

    it('tells a search’s end to an address once', async () => {
      const webhook = {
        id: newId('wh', clock),
        tenantId: 'local',
        url: 'https://a.example',
        secret: 's',
        createdAt: at,
      };
      await db.insert(webhooks).values(webhook);
      const delivery = {
        tenantId: 'local',
        webhookId: webhook.id,
        event: 'search.succeeded',
        searchId: 's',
        body: {},
        state: 'pending' as const,
        nextTryAt: at,
        createdAt: at,
      };
      const insert = () => refusal(db.insert(webhookDeliveries).values({ ...delivery, id: newId('whd', clock) }));
      expect(await insert()).toBeNull();
      expect(await insert()).toBe('webhook_deliveries_once');
    });

    it('writes all of a transaction or nothing, and hands its error on', async () => {
      const error = new Error('no');
      const change = transact(db, async (tx) => {
        await tx.insert(orders).values(order());
        expect((await tx.select().from(orders)).length).toBe(1);
        throw error;
      });
      await expect(change).rejects.toBe(error);
      expect(await db.select().from(orders)).toEqual([]);
      const broken = transact(db, async (tx) => {
        await tx.insert(orders).values(order());
        await tx.insert(orders).values({ ...order(), maxCostMicroUsd: -1 });
      });
      expect(await refusal(broken)).toBe('orders_costs');
      expect(await db.select().from(orders)).toEqual([]);
      const kept = order();
      await transact(db, async (tx) => {
        await tx.insert(orders).values(kept);
        await tx
          .transaction((inner) => inner.insert(orders).values({ ...order(), maxCostMicroUsd: -1 }))
          .catch(() => {});
      });
      expect((await db.select().from(orders)).map(({ id }) => id)).toEqual([kept.id]);
    });

    it('loses no update where rivals change one row', async () => {
      const ours = order();
      const row = search(ours.id);
      await db.insert(orders).values(ours);
      await db.insert(searches).values(row);
      const locked = () =>
        transact(db, async (tx) => {
          const [{ version } = { version: 0 }] = await tx
            .select()
            .from(searches)
            .where(eq(searches.id, row.id))
            .for('update');
          await tx
            .update(searches)
            .set({ version: version + 1 })
            .where(eq(searches.id, row.id));
        });
      await Promise.all(Array.from({ length: 8 }, locked));
      const optimistic = await Promise.all(
        Array.from({ length: 4 }, () =>
          db
            .update(searches)
            .set({ version: 10 })
            .where(and(eq(searches.id, row.id), eq(searches.version, 9)))
            .returning({ id: searches.id }),
        ),
      );
      expect(optimistic.flat().length).toBe(1);
      expect((await db.select().from(searches))[0]!.version).toBe(10);
    });

    it('runs a transaction again that another was in the way of, and only such a one', async () => {
      let runs = 0;
      const raise = (state: string) =>
        transact(db, async (tx) => {
          runs++;
          if (runs < 3) {
            await tx.execute(sql.raw(`do $$ begin raise exception 'x' using errcode = '${state}'; end $$`));
          }
          return runs;
        });
      expect(await raise('40001')).toBe(3);
      runs = 0;
      expect(sqlState(await raise('22000').catch((error) => error))).toBe('22000');
      expect(runs).toBe(1);
    });

    it('is migrated already: doing it again, twice at once, changes nothing', async () => {
      await db.insert(orders).values(order());
      await Promise.all([migrate(db), migrate(db)]);
      expect((await db.select().from(orders)).length).toBe(1);
    });
  });
}
