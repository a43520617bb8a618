/** @file Sweeps that are cancelled or deleted, one search at a time or all at once. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { creditReservations, searches, usageEvents } from '../../../shared/db/schema/index.ts';
import { jobListKey, searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { cancelOrder } from '../orders/cancel-order.ts';
import { cancelSearch } from './cancel.ts';
import { deleteSearch } from './delete.ts';
import { reconcile } from './reconcile.ts';
import { submitOrder } from './submit-order.ts';
import { openSweeps, type SweepSetting, until } from './sweep-setting.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

let setting: SweepSetting;
beforeAll(async () => {
  setting = await openSweeps();
});
afterAll(() => setting.close());

test('one search is cancelled alone; with the last of them the warm-up ends, which has nobody to wait for it', async () => {
  const { ids, orderId, warmUpId } = await setting.sweep('hang', ['succeed', 'succeed']);
  await submitOrder(setting, orderId);
  await until(async () => (await setting.executions(warmUpId!)).length === 1);
  await cancelSearch(setting, setting.tenantId, ids[0]!);
  await reconcile(setting);
  expect(await setting.statesOf([warmUpId!, ...ids])).toEqual(['searching', 'cancelled', 'submitted']);
  await expect(deleteSearch(setting, setting.tenantId, warmUpId!)).rejects.toMatchObject({ code: 'search.not-ended' });
  await cancelSearch(setting, setting.tenantId, ids[1]!);
  await setting.jobsEnded(warmUpId, orderId);
  await reconcile(setting);
  expect(await setting.statesOf([warmUpId!, ...ids])).toEqual(['cancelled', 'cancelled', 'cancelled']);
  // What the warm-up used until then is paid.
  const [usage] = await setting.db.select().from(usageEvents).where(eq(usageEvents.searchId, warmUpId!));
  expect(usage!.costMicroUsd).toBe(Math.round(usage!.gpuSeconds! * 1e6));
});

test('one that runs is cancelled, and the others go on', async () => {
  const { ids, orderId, warmUpId } = await setting.sweep('succeed', ['hang', 'succeed']);
  await submitOrder(setting, orderId);
  await until(async () => (await setting.executions(ids[0]!)).length === 1);
  await cancelSearch(setting, setting.tenantId, ids[0]!);
  await setting.jobsEnded(warmUpId, orderId);
  await reconcile(setting);
  expect(await setting.statesOf([warmUpId!, ...ids])).toEqual(['succeeded', 'cancelled', 'succeeded']);
});

test.each(['submitted', 'queued'] as const)('a whole order is cancelled while it is %s', async (state) => {
  const { ids, orderId, warmUpId } = await setting.sweep('hang', ['succeed', 'succeed']);
  if (state === 'submitted') {
    await submitOrder(setting, orderId);
    await until(async () => (await setting.executions(warmUpId!)).length === 1);
  }
  await cancelOrder(setting, setting.tenantId, orderId);
  if (state === 'submitted') await setting.jobsEnded(warmUpId, orderId);
  await reconcile(setting);
  expect(await setting.statesOf([warmUpId!, ...ids])).toEqual(['cancelled', 'cancelled', 'cancelled']);
  expect(await setting.executions(ids[0]!)).toEqual([]);
  const [held] = await setting.db.select().from(creditReservations).where(eq(creditReservations.orderId, orderId));
  expect(held!.heldMicroUsd).toBe(0);
});

test('with the last search goes what all had in common', async () => {
  const { ids, orderId, warmUpId } = await setting.sweep('succeed', ['succeed', 'succeed']);
  await submitOrder(setting, orderId);
  await setting.jobsEnded(warmUpId, orderId);
  await reconcile(setting);
  await deleteSearch(setting, setting.tenantId, ids[0]!);
  expect(await setting.store.get(jobListKey(setting.tenantId, orderId))).not.toBeNull();
  await deleteSearch(setting, setting.tenantId, ids[1]!);
  expect(await setting.db.$count(searches, eq(searches.orderId, orderId))).toBe(0);
  for (const folder of [
    `tenants/${setting.tenantId}/orders/${orderId}/`,
    `${searchPrefixOf(setting.tenantId, warmUpId!)}/`,
  ]) {
    for await (const { key } of setting.store.list(folder)) throw new Error(`left: ${key}`);
  }
});
