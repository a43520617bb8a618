/** @file What metering must hold on every database. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db, OpenedDatabase } from '../../../shared/db/db.ts';
import { violatedConstraint } from '../../../shared/db/errors.ts';
import { tenants, usageEvents } from '../../../shared/db/schema/index.ts';
import { truncateAll } from '../../../shared/db/test-database.ts';
import { transact } from '../../../shared/db/transact.ts';
import { parseMonth } from '../month.ts';
import { monthlyUsage } from './monthly-usage.ts';
import { PredictionMeter } from './prediction-meter.ts';
import { recordAttempt, recordPredictions, recordStorage } from './record.ts';

/** @param open the migrated database; the suite empties and closes it */
export function describeUsage(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`usage: ${name}`, () => {
    let opened: OpenedDatabase;
    let db: Db;
    const at = new Date('2026-11-24T12:00:00Z');
    const other = 'tn_0123456789abcdefghjkmnpqrs';

    beforeAll(async () => {
      opened = await open();
      db = opened.db;
    });
    afterAll(() => opened?.close());
    beforeEach(async () => {
      await truncateAll(db);
      await db.insert(tenants).values(['local', other].map((id) => ({ id, name: id, createdAt: at })));
    });

    const attempt = (searchId: string, n: number, gpuSeconds: number, stoppedAt = at, costMicroUsd = 0) =>
      transact(db, (tx) => recordAttempt(tx, 'local', { searchId, attempt: n, gpuSeconds, costMicroUsd, stoppedAt }));
    const november = () => monthlyUsage({ db }, 'local', parseMonth('2026-11'));

    it('sums a month by search, to the millisecond', async () => {
      expect(await attempt('s1', 1, 0.1, at, 3)).toBe(true);
      expect(await attempt('s1', 2, 0.2, at, 4)).toBe(true);
      expect(await attempt('s1', 2, 99, at, 99)).toBe(false);
      await attempt('s2', 1, 3600.001, new Date('2026-11-01T00:00:00Z'), 5);
      await attempt('s3', 1, 50, new Date('2026-12-01T00:00:00Z'));
      await attempt('s3', 2, 50, new Date('2026-10-31T23:59:59.999Z'));
      await recordPredictions(db, [{ instance: 'a', sequence: 0, at, predictions: new Map([['local', 7]]) }]);
      await recordStorage(db, 'local', 1000, at);
      await recordStorage(db, 'local', 5000, new Date('2026-11-24T23:59:59Z'));
      await recordStorage(db, 'local', 2000, new Date('2026-11-25T00:00:00Z'));
      expect(await november()).toEqual({
        month: '2026-11',
        predictions: 7,
        gpuSeconds: 3600.301,
        storedByteDays: 3000,
        costMicroUsd: 12,
        searches: [
          { searchId: 's2', attempts: 1, gpuSeconds: 3600.001, costMicroUsd: 5 },
          { searchId: 's1', attempts: 2, gpuSeconds: 0.3, costMicroUsd: 7 },
        ],
      });
      expect(await monthlyUsage({ db }, other, parseMonth('2026-11'))).toMatchObject({ gpuSeconds: 0, searches: [] });
    });

    it('counts a batch once, and the tenants of it that are there', async () => {
      const predictions = new Map([
        ['local', 3],
        [other, 4],
        ['tn_gone', 5],
      ]);
      for (let i = 0; i < 3; i++) await recordPredictions(db, [{ instance: 'a', sequence: 1, at, predictions }]);
      await recordPredictions(db, [{ instance: 'b', sequence: 1, at, predictions }]);
      await recordPredictions(db, [{ instance: 'c', sequence: 1, at, predictions: new Map([['tn_gone', 5]]) }]);
      expect((await november()).predictions).toBe(6);
      expect((await monthlyUsage({ db }, other, parseMonth('2026-11'))).predictions).toBe(8);
    });

    it('refuses rows of one kind that have numbers of another', async () => {
      const row = { tenantId: 'local', at, costMicroUsd: 0 };
      const insert = (values: typeof usageEvents.$inferInsert) =>
        db
          .insert(usageEvents)
          .values(values)
          .then(() => null, violatedConstraint);
      expect(await insert({ ...row, kind: 'predictions', predictions: 3 })).toMatch(/^usage_events_/);
      expect(await insert({ ...row, kind: 'gpu-seconds', searchId: 's', attempt: 1, gpuSeconds: -1 })).toMatch(
        /^usage_events_/,
      );
      expect(await insert({ ...row, kind: 'storage', day: '2026-11-24', bytes: 1, predictions: 1 })).toMatch(
        /^usage_events_/,
      );
    });

    it('what is metered equals what was used, while writes fail before and after they happen', async () => {
      const step = fc.record({
        predictions: fc.integer({ min: 1, max: 1000 }),
        write: fc.constantFrom('ok', 'lost', 'unheard'),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          await truncateAll(db);
          await db.insert(tenants).values({ id: 'local', name: 'local', createdAt: at });
          let failure = 'ok';
          let failures = 0;
          const meter = new PredictionMeter(
            { now: () => at },
            async (batch) => {
              if (failure === 'lost') throw new Error('down');
              await recordPredictions(db, [batch]);
              if (failure === 'unheard') throw new Error('the answer was lost');
            },
            () => failures++,
          );
          for (const { predictions, write } of steps) {
            failure = write;
            meter.add({ tenant: 'local', predictions });
            await meter.flush();
          }
          failure = 'ok';
          await meter.close();
          expect(failures).toBe(steps.filter(({ write }) => write !== 'ok').length);
          expect((await november()).predictions).toBe(steps.reduce((sum, { predictions }) => sum + predictions, 0));
        }),
        { numRuns: 15 },
      );
    });
  });
}
