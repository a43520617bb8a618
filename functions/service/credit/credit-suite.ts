/** @file What credit must hold on every database. */
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../shared/clock.ts';
import type { Db, OpenedDatabase, Transaction } from '../../../shared/db/db.ts';
import { sqlState } from '../../../shared/db/errors.ts';
import { newId } from '../../../shared/db/id.ts';
import { creditBalances, creditEntries, creditReservations, orders, tenants } from '../../../shared/db/schema/index.ts';
import { truncateAll } from '../../../shared/db/test-database.ts';
import { transact } from '../../../shared/db/transact.ts';
import { chargeAttempt } from './charge.ts';
import { refundSearch } from './refund.ts';
import { releaseCredit } from './release.ts';
import { reserveCredit } from './reserve.ts';
import { creditEntriesOf, creditOf } from './statement.ts';
import { topUp } from './top-up.ts';

const usd = 1_000_000;

/** @param open the migrated database; the suite empties and closes it */
export function describeCredit(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`credit: ${name}`, () => {
    let opened: OpenedDatabase;
    let db: Db;
    let now: Date;
    const clock: Clock = { now: () => now };
    const tenant = 'local';

    beforeAll(async () => {
      opened = await open();
      db = opened.db;
    });
    afterAll(() => opened?.close());
    beforeEach(async () => {
      now = new Date('2026-11-24T12:00:00Z');
      await truncateAll(db);
      await addTenant(tenant);
    });

    const addTenant = (id: string, monthlyLimitMicroUsd: number | null = null) =>
      db.insert(tenants).values({ id, name: id, monthlyLimitMicroUsd, createdAt: now });
    const fund = (amountMicroUsd: number, reference = newId('key', clock)) =>
      topUp({ db, clock }, tenant, { amountMicroUsd, reference });

    async function order(amountMicroUsd: number, tenantId = tenant): Promise<string> {
      const orderId = newId('ord', clock);
      await transact(db, async (tx) => {
        await insertOrder(tx, tenantId, orderId, amountMicroUsd);
        await reserveCredit({ tx, clock }, tenantId, { orderId, amountMicroUsd });
      });
      return orderId;
    }
    const insertOrder = (tx: Db | Transaction, tenantId: string, id: string, maxCostMicroUsd: number) =>
      tx.insert(orders).values({
        id,
        tenantId,
        request: {},
        state: 'open',
        maxCostMicroUsd,
        estimatedCostMicroUsd: 0,
        createdAt: now,
      });
    const charge = (orderId: string, searchId: string, attempt: number, amountMicroUsd: number) =>
      transact(db, (tx) => chargeAttempt({ tx, clock }, tenant, { orderId, searchId, attempt, amountMicroUsd }));
    const refund = (orderId: string, searchId: string) =>
      transact(db, (tx) => refundSearch({ tx, clock }, tenant, { orderId, searchId }));
    const release = (orderId: string) => transact(db, (tx) => releaseCredit({ tx, clock }, tenant, { orderId }));

    /** Sums the entries here, account by account and order by order, and compares them with what the database keeps. */
    async function checkBooks(): Promise<void> {
      const entries = await db.select().from(creditEntries);
      const accounts = { funding: 0, available: 0, reserved: 0, spent: 0 };
      const held = new Map<string, number>();
      for (const { fromAccount, toAccount, amountMicroUsd, orderId } of entries) {
        accounts[fromAccount] -= amountMicroUsd;
        accounts[toAccount] += amountMicroUsd;
        const change =
          (toAccount === 'reserved' ? amountMicroUsd : 0) - (fromAccount === 'reserved' ? amountMicroUsd : 0);
        if (orderId !== null) held.set(orderId, (held.get(orderId) ?? 0) + change);
      }
      const [balance] = await db.select().from(creditBalances).where(eq(creditBalances.tenantId, tenant));
      expect({
        funding: 0 - (balance?.fundedMicroUsd ?? 0),
        available: balance?.availableMicroUsd ?? 0,
        reserved: balance?.reservedMicroUsd ?? 0,
        spent: balance?.spentMicroUsd ?? 0,
      }).toEqual(accounts);
      expect(Math.min(accounts.available, accounts.reserved, accounts.spent)).toBeGreaterThanOrEqual(0);
      const reservations = await db.select().from(creditReservations);
      expect(new Map(reservations.map((row) => [row.orderId, row.heldMicroUsd]))).toEqual(held);
      for (const { closedAt, heldMicroUsd } of reservations) if (closedAt !== null) expect(heldMicroUsd).toBe(0);
    }

    it('follows an order from its reservation to its bill', async () => {
      await fund(10 * usd);
      const orderId = await order(4 * usd);
      expect(await creditOf({ db, clock }, tenant)).toMatchObject({
        availableMicroUsd: 6 * usd,
        reservedMicroUsd: 4 * usd,
        spentMicroUsd: 0,
      });
      expect(await charge(orderId, 's1', 1, 1 * usd)).toBe(1 * usd);
      expect(await charge(orderId, 's1', 2, 500_000)).toBe(500_000);
      expect(await release(orderId)).toBe(2_500_000);
      expect(await creditOf({ db, clock }, tenant)).toEqual({
        availableMicroUsd: 8_500_000,
        reservedMicroUsd: 0,
        spentMicroUsd: 1_500_000,
        spentThisMonthMicroUsd: 1_500_000,
        monthlyLimitMicroUsd: null,
      });
      await checkBooks();
    });

    it('books a payment once, however often it is told of', async () => {
      expect(await fund(5 * usd, 'invoice 7')).toBe(true);
      expect(await fund(5 * usd, 'invoice 7')).toBe(false);
      expect((await creditOf({ db, clock }, tenant)).availableMicroUsd).toBe(5 * usd);
    });

    it.each([0, -1, 0.5, Number.NaN, 2e15])('refuses an amount of %d', async (amount) => {
      await expect(fund(amount)).rejects.toMatchObject({ code: 'credit.amount' });
    });

    it('refuses an order that is not covered, and leaves nothing of it', async () => {
      await expect(order(1)).rejects.toMatchObject({ code: 'credit.insufficient' });
      await fund(2 * usd);
      await expect(order(2 * usd + 1)).rejects.toMatchObject({
        code: 'credit.insufficient',
        message: 'the order may cost 2.00 USD and 2.00 USD of credit is free: lower maxCostUsd or add credit',
      });
      expect(await db.select().from(orders)).toEqual([]);
      await order(2 * usd);
    });

    it('keeps to the monthly limit: spent and reserved count, refunds and last month do not', async () => {
      await fund(100 * usd);
      await db.update(tenants).set({ monthlyLimitMicroUsd: 10 * usd });
      const first = await order(6 * usd);
      await expect(order(4 * usd + 1)).rejects.toMatchObject({ code: 'credit.monthly-limit' });
      await charge(first, 's1', 1, 3 * usd);
      await release(first);
      await expect(order(7 * usd + 1)).rejects.toMatchObject({
        code: 'credit.monthly-limit',
        message: expect.stringContaining("7.00 USD is left of this month's limit of 10.00 USD"),
      });
      const second = await order(7 * usd);
      await charge(second, 's2', 1, 7 * usd);
      await refund(second, 's2');
      await release(second);
      await release(await order(7 * usd));
      now = new Date('2026-12-01T00:00:00Z');
      await order(10 * usd);
      await checkBooks();
    });

    it('charges an attempt once, and never more than the order holds', async () => {
      await fund(10 * usd);
      const orderId = await order(2 * usd);
      expect(await charge(orderId, 's1', 1, 1_500_000)).toBe(1_500_000);
      expect(await charge(orderId, 's1', 1, 1_500_000)).toBe(1_500_000);
      expect(await charge(orderId, 's2', 1, 1_500_000)).toBe(500_000);
      expect(await charge(orderId, 's3', 1, 1)).toBe(0);
      expect(await charge('ord_unknown', 's3', 1, 1)).toBe(0);
      await checkBooks();
    });

    it('gives a failed search back to its order, or to the tenant once that is closed', async () => {
      await fund(10 * usd);
      const orderId = await order(5 * usd);
      await charge(orderId, 's1', 1, 2 * usd);
      await charge(orderId, 's1', 2, 1 * usd);
      await charge(orderId, 's2', 1, 1 * usd);
      expect(await refund(orderId, 's1')).toBe(3 * usd);
      expect(await refund(orderId, 's1')).toBe(0);
      expect(await charge(orderId, 's1', 3, usd), 'an attempt that is heard of late').toBe(0);
      expect(await release(orderId)).toBe(4 * usd);
      expect(await release(orderId)).toBe(0);
      expect(await charge(orderId, 's2', 2, usd)).toBe(0);
      expect(await refund(orderId, 's2')).toBe(1 * usd);
      expect((await creditOf({ db, clock }, tenant)).availableMicroUsd).toBe(10 * usd);
      await checkBooks();
    });

    it('lists the ledger by page, newest first', async () => {
      for (const reference of ['a', 'b', 'c', 'd', 'e']) await fund(usd, reference);
      const first = await creditEntriesOf({ db }, tenant, { limit: 3 });
      const rest = await creditEntriesOf({ db }, tenant, { limit: 3, before: first.at(-1)!.id });
      expect([...first, ...rest].map((entry) => entry.reference)).toEqual(['e', 'd', 'c', 'b', 'a']);
    });

    it('refuses rows that would falsify the books, whoever writes them', async () => {
      await fund(10 * usd);
      const orderId = await order(5 * usd);
      const row = { tenantId: tenant, amountMicroUsd: 1, at: now };
      const reserve = { kind: 'reserve', fromAccount: 'available', toAccount: 'reserved' } as const;
      const state = (write: Promise<unknown>) => write.then(() => null, sqlState);
      const insert = (values: typeof creditEntries.$inferInsert) => db.insert(creditEntries).values(values);
      expect(await state(insert({ ...row, ...reserve, orderId })), 'a second reservation').toBe('23505');
      const other = newId('ord', clock);
      expect(await state(insert({ ...row, ...reserve, orderId: other })), 'no such order').toBe('23503');
      await insertOrder(db, tenant, other, usd);
      expect(await state(insert({ ...row, ...reserve, orderId: other, amountMicroUsd: 6 * usd }))).toBe('23514');
      await addTenant('public');
      expect(await state(insert({ ...row, ...reserve, orderId: other, tenantId: 'public' }))).toBe('23514');
      const spend = { kind: 'charge', fromAccount: 'reserved', toAccount: 'spent', searchId: 's', attempt: 1 } as const;
      expect(await state(insert({ ...row, ...spend, orderId: other })), 'nothing reserved').toBe('23503');
      expect(await state(insert({ ...row, ...spend, orderId, amountMicroUsd: 6 * usd }))).toBe('23514');
      expect(await state(insert({ ...row, ...spend, orderId, fromAccount: 'available' }))).toBe('23514');
      expect(await state(insert({ ...row, ...spend, orderId, amountMicroUsd: -1 }))).toBe('23514');
      expect(await state(db.update(creditEntries).set({ amountMicroUsd: 2 }))).toBe('23001');
      expect(await state(db.delete(creditEntries))).toBe('23001');
      expect(await state(db.update(creditBalances).set({ availableMicroUsd: 99 * usd }))).toBe('23514');
      await checkBooks();
    });

    it('lets rivals reserve no more than there is', async () => {
      await fund(10 * usd);
      const tries = await Promise.allSettled(Array.from({ length: 12 }, () => order(3 * usd)));
      expect(tries.filter(({ status }) => status === 'fulfilled').length).toBe(3);
      for (const tried of tries) {
        if (tried.status === 'rejected') expect(tried.reason).toMatchObject({ code: 'credit.insufficient' });
      }
      expect((await creditOf({ db, clock }, tenant)).availableMicroUsd).toBe(usd);
      await checkBooks();
    });

    it('balances are the sum of the entries after any sequence, rivals included', async () => {
      const amount = fc.integer({ min: 1, max: 4 * usd });
      const [which, search, attempt] = [fc.nat(3), fc.nat(2), fc.integer({ min: 1, max: 2 })];
      const step = fc.oneof(
        fc.record({ do: fc.constant('fund' as const), amount, reference: fc.nat(9) }),
        fc.record({ do: fc.constant('order' as const), amount }),
        fc.record({ do: fc.constant('charge' as const), amount, which, search, attempt }),
        fc.record({ do: fc.constant('refund' as const), which, search }),
        fc.record({ do: fc.constant('release' as const), which }),
      );
      const refusals = ['credit.insufficient', 'credit.monthly-limit'];
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { maxLength: 8 }),
          fc.option(fc.integer({ min: 0, max: 10 * usd })),
          async (rounds, limit) => {
            await truncateAll(db);
            await addTenant(tenant, limit);
            const placed: string[] = [];
            for (const round of rounds) {
              const settled = await Promise.allSettled(
                round.map(async (one) => {
                  if (one.do === 'fund') return await fund(one.amount, `payment ${one.reference}`);
                  if (one.do === 'order') return placed.push(await order(one.amount));
                  const orderId = placed[one.which] ?? 'ord_none';
                  if (one.do === 'charge')
                    return await charge(orderId, `${orderId} ${one.search}`, one.attempt, one.amount);
                  if (one.do === 'refund') return await refund(orderId, `${orderId} ${one.search}`);
                  return await release(orderId);
                }),
              );
              for (const result of settled) {
                if (result.status === 'rejected') expect(refusals).toContain(result.reason.code);
              }
              await checkBooks();
              const credit = await creditOf({ db, clock }, tenant);
              if (limit !== null) {
                expect(credit.spentThisMonthMicroUsd + credit.reservedMicroUsd).toBeLessThanOrEqual(limit);
              }
            }
            const charges = await db.select().from(creditEntries).where(eq(creditEntries.kind, 'charge'));
            expect(new Set(charges.map((entry) => `${entry.searchId} ${entry.attempt}`)).size).toBe(charges.length);
          },
        ),
        { numRuns: 25 },
      );
    });
  });
}
