import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tenants } from '../../../shared/db/schema/index.ts';
import { openTestDatabase } from '../../../shared/db/test-database.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { monthOf, parseMonth } from '../month.ts';
import { monthlyUsage } from './monthly-usage.ts';
import { surveyStorage } from './survey-storage.ts';
import { usageCsv } from './usage-csv.ts';
import { describeUsage } from './usage-suite.ts';

describeUsage('PGlite', openTestDatabase);

it('a month is a calendar month in UTC', () => {
  expect(monthOf(new Date('2026-12-31T23:59:59.999Z')).name).toBe('2026-12');
  expect(parseMonth('2026-12')).toEqual(monthOf(new Date('2026-12-01T00:00:00Z')));
  expect(parseMonth('2028-02').end.toISOString()).toBe('2028-03-01T00:00:00.000Z');
  for (const bad of ['2026-13', '2026-1', '1999-01', '2026-01-01', '']) {
    expect(() => parseMonth(bad)).toThrow('a month is written as 2026-11');
  }
});

it('usage as CSV', () => {
  const search = { searchId: 'srch_1', attempts: 2, gpuSeconds: 1.5, costMicroUsd: 2_500_000 };
  const usage = { month: '2026-11', predictions: 3, gpuSeconds: 1.5, storedByteDays: 9, costMicroUsd: 2_500_000 };
  expect(usageCsv({ ...usage, searches: [search] })).toBe(
    'month,item,searchId,quantity,unit,costUsd\r\n' +
      '2026-11,predictions,,3,predictions,0\r\n' +
      '2026-11,storage,,9,byteDays,0\r\n' +
      '2026-11,search,srch_1,1.5,gpuSeconds,2.5\r\n',
  );
});

it('measures what each tenant keeps, once a day', async () => {
  const root = await mkdtemp(join(tmpdir(), 'fastpath-storage-'));
  const { db, close } = await openTestDatabase();
  try {
    const store = new DirectoryStore(root);
    let now = new Date('2026-11-24T12:00:00Z');
    const clock = { now: () => now };
    await db.insert(tenants).values(['local', 'public'].map((id) => ({ id, name: id, createdAt: now })));
    await store.put('tenants/local/searches/a/weights', new Uint8Array(1000));
    await store.put('tenants/local2/searches/a/weights', new Uint8Array(50));
    await surveyStorage({ db, store, clock });
    await store.put('tenants/local/more', new Uint8Array(24));
    await surveyStorage({ db, store, clock });
    now = new Date('2026-11-25T12:00:00Z');
    await surveyStorage({ db, store, clock });
    expect((await monthlyUsage({ db }, 'local', monthOf(now))).storedByteDays).toBe(2024);
  } finally {
    await close();
    await rm(root, { recursive: true });
  }
});
