/** @file Sweeps: an array job behind one warm-up, whatever is lost on the way. */
import { eq, inArray } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { attempts, orders, usageEvents } from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { childId, hasEnded, type JobQueue } from '../../../shared/queue/job-queue.ts';
import type { SearchState } from '../../../shared/search-state/search-state.ts';
import { applyJob } from './apply-job.ts';
import type { SearchRow } from './deps.ts';
import { reconcile } from './reconcile.ts';
import { submitOrder } from './submit-order.ts';
import { openSweeps, type SweepSetting, until } from './sweep-setting.ts';
import type { Behaviour } from './test-setting.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

let setting: SweepSetting;
beforeAll(async () => {
  setting = await openSweeps();
});
afterAll(() => setting.close());

const endOf: Record<Exclude<Behaviour, 'hang'>, SearchState> = {
  ...{ succeed: 'succeeded', again: 'succeeded', 'cut-short': 'stopped' },
  ...{ 'fail-data': 'failed', 'fail-ours': 'failed', die: 'failed', lie: 'failed' },
};

/** What is told of a sweep: some of it twice, some never, in any order, three at a time. */
const past = fc.record({
  warmUp: fc.constantFrom<Behaviour>('succeed', 'again', 'cut-short', 'fail-data', 'fail-ours'),
  behaviours: fc.array(fc.constantFrom<Exclude<Behaviour, 'hang'>>(...(Object.keys(endOf) as (keyof typeof endOf)[])), {
    minLength: 2,
    maxLength: 5,
  }),
  heard: fc.array(fc.nat(), { maxLength: 60 }),
});

test('parents and children told of twice, never and in any order: each ends as its job did, paid once', async () => {
  await fc.assert(
    fc.asyncProperty(past, async ({ warmUp, behaviours, heard }) => {
      const before = await setting.availableMicroUsd();
      const { ids, orderId, warmUpId } = await setting.sweep(warmUp, behaviours);
      await submitOrder(setting, orderId);
      await setting.jobsEnded(warmUpId, orderId);
      const told = setting.events.map(({ job }) => job).filter(({ name }) => name === orderId || name === warmUpId);
      const tell = async (k: number) => {
        for (const [i, n] of heard.entries()) if (i % 3 === k) await applyJob(setting, told[n % told.length]!);
      };
      await Promise.all([0, 1, 2].map(tell));
      expect((await reconcile(setting)).failures).toEqual([]);

      const begins = warmUp === 'succeed' || warmUp === 'again' || warmUp === 'cut-short';
      expect(await setting.statesOf([warmUpId!, ...ids])).toEqual([
        endOf[warmUp as keyof typeof endOf],
        ...behaviours.map((behaviour) => (begins ? endOf[behaviour] : 'failed')),
      ]);
      expect(await setting.availableMicroUsd()).toBe(before - (await paidFor([warmUpId!, ...ids])));
      const [order] = await setting.db.select().from(orders).where(eq(orders.id, orderId));
      expect(order!.state).toBe('closed');
      // Told again, nothing changes.
      const rows = await Promise.all(ids.map(setting.rowOf));
      for (const job of told) await applyJob(setting, job);
      expect(await Promise.all(ids.map(setting.rowOf))).toEqual(rows);
    }),
    { numRuns: 8 },
  );
});

/** Checks attempts, usage and executions against the queue. @returns what is to be paid: nothing for what failed through our fault */
async function paidFor(ids: readonly string[]): Promise<number> {
  let paid = 0;
  const isOurs = ({ state, reasonCode }: SearchRow) => state === 'failed' && reasonCode !== 'data.empty';
  const rows = await Promise.all(ids.map(setting.rowOf));
  for (const row of rows) {
    const [job] = await setting.queue.describe([row.jobId!]);
    const seconds = job!.attempts.map(
      ({ startedAt, stoppedAt }) => (stoppedAt!.getTime() - startedAt!.getTime()) / 1000,
    );
    const tried = await setting.db.select().from(attempts).where(eq(attempts.searchId, row.id)).orderBy(attempts.n);
    expect(tried.map(({ gpuSeconds }) => gpuSeconds)).toEqual(seconds);
    const usage = await setting.db.select().from(usageEvents).where(eq(usageEvents.searchId, row.id));
    expect(usage.map(({ gpuSeconds }) => gpuSeconds).sort()).toEqual([...seconds].sort());
    expect((await setting.executions(row.id)).length).toBe(seconds.length);
    // A dollar a second; a warm-up that came to nothing is nobody's to pay.
    const inVain = row.kind === 'warm-up' && rows.every((other) => other === row || isOurs(other));
    if (!isOurs(row) && !inVain) paid += seconds.reduce((sum, value) => sum + Math.round(value * 1e6), 0);
  }
  return paid;
}

test('the children wait in the queue for the warm-up, under one parent', async () => {
  const { ids, orderId, warmUpId } = await setting.sweep('again', ['succeed', 'succeed', 'succeed']);
  await submitOrder(setting, orderId);
  const parents: string[] = [];
  for await (const { id, arraySize } of setting.queue.list({ namePrefix: orderId })) {
    expect(arraySize).toBe(3);
    parents.push(id);
  }
  expect(parents.length).toBe(1);
  const jobIds = (await Promise.all(ids.map(setting.rowOf))).map(({ jobId }) => jobId);
  expect(jobIds).toEqual(ids.map((_, i) => childId(parents[0]!, i)));
  await setting.jobsEnded(warmUpId, orderId);
  const [warmUp] = await setting.jobsOf([warmUpId]);
  const ended = warmUp!.attempts.at(-1)!.stoppedAt!.getTime();
  for (const { attempts: tried } of await setting.jobsOf([orderId])) {
    expect(tried[0]!.startedAt!.getTime()).toBeGreaterThanOrEqual(ended);
  }
});

test('without any event, and with nobody there when the warm-up ended, all end within a few looks', async () => {
  const { ids, orderId, warmUpId } = await setting.sweep('succeed', ['succeed', 'succeed']);
  // As after a kill between the two submissions.
  await reconcile(setting);
  expect((await setting.rowOf(warmUpId!)).jobId).not.toBeNull();
  await setting.jobsEnded(warmUpId);
  await until(async () => {
    await reconcile(setting);
    return (await setting.statesOf(ids)).every((state) => state === 'succeeded');
  });
  expect((await setting.jobsOf([orderId])).length).toBe(2);
});

test('a sweep with nothing to warm up is an array that waits for nothing', async () => {
  const { ids, orderId } = await setting.sweep(null, ['succeed', 'succeed']);
  await submitOrder(setting, orderId);
  await setting.jobsEnded(orderId);
  await reconcile(setting);
  expect(await setting.statesOf(ids)).toEqual(['succeeded', 'succeeded']);
});

/** A queue that carries the submissions of these out, but loses its answer, once each. */
function losing(...lost: (string | null)[]): JobQueue {
  const { queue } = setting;
  const left = new Set(lost);
  return {
    submit: async (request) => {
      const submitted = await queue.submit(request);
      if (left.delete(request.name))
        throw new FastpathError('queue.unavailable', 'the answer was lost', { retry: true });
      return submitted;
    },
    describe: (some) => queue.describe(some),
    // It does not show what came in a moment ago, as Batch may.
    list: async function* () {},
    terminate: (id, reason) => queue.terminate(id, reason),
  };
}

test.each(['warm-up', 'array', 'both'] as const)(
  'submitted twice (%s), because answers were lost: each is executed and paid once',
  async (which) => {
    const { ids, orderId, warmUpId } = await setting.sweep('succeed', ['succeed', 'again', 'succeed']);
    const deps = {
      ...setting,
      queue: losing(which === 'array' ? null : warmUpId, which === 'warm-up' ? null : orderId),
    };
    await submitOrder(deps, orderId);
    await until(async () => {
      expect((await reconcile(deps)).failures).toEqual([]);
      return (await setting.statesOf(ids)).every((state) => state === 'succeeded');
    });
    await setting.jobsEnded(warmUpId, orderId);
    expect((await setting.jobsOf([orderId])).length).toBe(which === 'warm-up' ? 3 : 6);
    expect((await setting.jobsOf([warmUpId])).length).toBe(which === 'array' ? 1 : 2);
    expect((await Promise.all([warmUpId!, ...ids].map(setting.executions))).map((lines) => lines.length)).toEqual([
      1, 1, 2, 1,
    ]);
    const billed = await setting.db
      .select()
      .from(usageEvents)
      .where(inArray(usageEvents.searchId, [warmUpId!, ...ids]));
    expect(billed.length).toBe(5);
  },
);

test.each([
  ['fail-data', 'data.empty', false],
  ['fail-ours', 'store.unavailable', true],
  ['die', 'worker.died', true],
] as const)(
  'behind a warm-up that ends with %s no search begins, and each says why',
  async (behaviour, code, isFree) => {
    const before = await setting.availableMicroUsd();
    const { ids, orderId, warmUpId } = await setting.sweep(behaviour, ['succeed', 'succeed']);
    await submitOrder(setting, orderId);
    await setting.jobsEnded(warmUpId, orderId);
    // The parent's end alone says it.
    const ofParent = () => setting.events.findLast(({ job }) => job.name === orderId && job.arraySize !== undefined)!;
    await until(async () => hasEnded(ofParent().job.status));
    await applyJob(setting, ofParent().job);
    const rows = await Promise.all(ids.map(setting.rowOf));
    expect(rows.map(({ state, reasonCode }) => [state, reasonCode])).toEqual(ids.map(() => ['failed', code]));
    expect(rows[0]!.reasonMessage).toMatch(/^the warm-up that it begins with failed: /);
    await reconcile(setting);
    expect(await setting.executions(ids[0]!)).toEqual([]);
    expect((await setting.rowOf(warmUpId!)).reasonCode).toBe(code);
    expect((await setting.availableMicroUsd()) === before).toBe(isFree);
  },
);

test('a child that the queue never made ends with its parent', async () => {
  const { ids, orderId, warmUpId } = await setting.sweep('fail-data', ['succeed', 'succeed']);
  const describe: JobQueue['describe'] = async (some) =>
    (await setting.queue.describe(some)).filter(({ parent }) => parent === undefined);
  const deps = { ...setting, queue: { ...losing(), describe } };
  await submitOrder(deps, orderId);
  await setting.jobsEnded(warmUpId, orderId);
  await reconcile(deps);
  expect(await setting.statesOf([warmUpId!, ...ids])).toEqual(['failed', 'failed', 'failed']);
});

test('a warm-up whose searches all failed through our fault is not charged either', async () => {
  const before = await setting.availableMicroUsd();
  const { ids, orderId, warmUpId } = await setting.sweep('succeed', ['fail-ours', 'die']);
  await submitOrder(setting, orderId);
  await setting.jobsEnded(warmUpId, orderId);
  await reconcile(setting);
  expect(await setting.statesOf([warmUpId!, ...ids])).toEqual(['succeeded', 'failed', 'failed']);
  expect(await setting.availableMicroUsd()).toBe(before);
});
