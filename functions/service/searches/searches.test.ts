import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../../shared/db/id.ts';
import {
  architectures,
  attempts,
  creditBalances,
  creditReservations,
  orders,
  searches,
  usageEvents,
  webhookDeliveries,
  webhooks,
} from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { hasEnded, type JobQueue, type JobRequest } from '../../../shared/queue/job-queue.ts';
import { Random } from '../../../shared/random.ts';
import type { SearchState } from '../../../shared/search-state/search-state.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { applyJob } from './apply-job.ts';
import { cancelSearch } from './cancel.ts';
import { deleteSearch } from './delete.ts';
import { reconcile } from './reconcile.ts';
import { submitSearch } from './submit.ts';
import { type Behaviour, creditMicroUsd, exampleResult, openSetting, type Setting } from './test-setting.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await openSetting();
});
afterAll(() => setting.close());

const read = async (id: string) => (await setting.db.select().from(searches).where(eq(searches.id, id)))[0]!;

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 50_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until every job of the searches has ended in the queue, whatever the database thinks. */
async function jobsEnded(ids: readonly string[], count = ids.length): Promise<void> {
  await until(async () => {
    const jobs = [];
    for (const id of ids) for await (const job of setting.queue.list({ namePrefix: id })) jobs.push(job);
    return jobs.length >= count && jobs.every(({ status }) => hasEnded(status));
  });
}

/** A queue whose answer to `submit` is lost, once, before or behind its arrival. */
function forgetful(when: 'before' | 'behind'): JobQueue {
  const { queue } = setting;
  let lost = false;
  return {
    submit: async (request: JobRequest) => {
      if (lost) return queue.submit(request);
      lost = true;
      if (when === 'behind') await queue.submit(request);
      throw new FastpathError('queue.unavailable', 'the answer was lost', { retry: true });
    },
    describe: (ids) => queue.describe(ids),
    list: (filter) => queue.list(filter),
    terminate: (id, reason) => queue.terminate(id, reason),
  };
}

const endOf: Record<Exclude<Behaviour, 'hang'>, SearchState> = {
  succeed: 'succeeded',
  again: 'succeeded',
  'cut-short': 'stopped',
  'fail-data': 'failed',
  'fail-ours': 'failed',
  die: 'failed',
  lie: 'failed',
};

test('events twice, lost and in any order, then one look of the reconciler: every search ends as its job did, paid once', async () => {
  const behaviours = Object.keys(endOf) as (keyof typeof endOf)[];
  const webhookId = newId('wh', setting.clock);
  await setting.db.insert(webhooks).values({
    id: webhookId,
    tenantId: setting.tenantId,
    url: 'https://example.com/',
    secret: 's',
    createdAt: new Date(),
  });
  const { ids, orderId } = await setting.order(behaviours);
  for (const id of ids) expect(await submitSearch(setting, id)).toBe('submitted');
  await jobsEnded(ids);

  const random = Random.named(1, 'events');
  const mine = setting.events.filter(({ job }) => ids.includes(job.name));
  const heard = random.shuffle([...mine, ...mine].filter(() => random.below(10) < 6));
  await Promise.all(
    [0, 1, 2].map(async (k) => {
      for (const [i, { job }] of heard.entries()) if (i % 3 === k) await applyJob(setting, job);
    }),
  );
  expect((await reconcile(setting)).failures).toEqual([]);

  let charged = 0;
  for (const [i, id] of ids.entries()) {
    const behaviour = behaviours[i]!;
    const row = await read(id);
    expect([behaviour, row.state]).toEqual([behaviour, endOf[behaviour]]);
    // Metered by the queue's clock, every attempt once.
    const [job] = await setting.queue.describe([row.jobId!]);
    const seconds = job!.attempts.map(
      ({ startedAt, stoppedAt }) => (stoppedAt!.getTime() - startedAt!.getTime()) / 1000,
    );
    const rows = await setting.db.select().from(attempts).where(eq(attempts.searchId, id)).orderBy(attempts.n);
    expect(rows.map(({ gpuSeconds }) => gpuSeconds)).toEqual(seconds);
    const usage = await setting.db
      .select()
      .from(usageEvents)
      .where(eq(usageEvents.searchId, id))
      .orderBy(usageEvents.attempt);
    expect(usage.map(({ gpuSeconds }) => gpuSeconds)).toEqual(seconds);
    expect(rows.length).toBe(behaviour === 'again' ? 2 : 1);
    // A dollar a second, and nothing for what failed through no fault of the customer's.
    const ours = ['fail-ours', 'die', 'lie'].includes(behaviour);
    if (!ours) charged += seconds.reduce((sum, value) => sum + Math.round(value * 1e6), 0);
    const told = await setting.db.select().from(webhookDeliveries).where(eq(webhookDeliveries.searchId, id));
    expect(told.map(({ event }) => event)).toEqual([`search.${row.state}`]);
  }
  expect((await read(ids[behaviours.indexOf('fail-data')]!)).reasonCode).toBe('data.empty');
  expect((await read(ids[behaviours.indexOf('die')]!)).reasonCode).toBe('worker.died');
  expect((await read(ids[behaviours.indexOf('lie')]!)).reasonCode).toBe('result.invalid');
  const found = await setting.db.select().from(architectures).where(eq(architectures.searchId, ids[0]!));
  expect(found.map(({ id, role }) => [id, role])).toEqual([[exampleResult().metrics.architectureId, 'result']]);

  const [order] = await setting.db.select().from(orders).where(eq(orders.id, orderId));
  expect(order!.state).toBe('closed');
  const [reservation] = await setting.db
    .select()
    .from(creditReservations)
    .where(eq(creditReservations.orderId, orderId));
  expect(reservation!.heldMicroUsd).toBe(0);
  const [balance] = await setting.db.select().from(creditBalances).where(eq(creditBalances.tenantId, setting.tenantId));
  expect(balance!.availableMicroUsd).toBe(creditMicroUsd - charged);
  // Told again, nothing changes.
  const before = await read(ids[0]!);
  for (const { job } of mine) await applyJob(setting, job);
  expect(await read(ids[0]!)).toEqual(before);
  await setting.db.delete(webhooks);
}, 120_000);

test('of many submitters one submits', async () => {
  const { ids } = await setting.order(['succeed']);
  const outcomes = await Promise.all(Array.from({ length: 12 }, () => submitSearch(setting, ids[0]!)));
  expect(outcomes.filter((outcome) => outcome === 'submitted').length).toBe(1);
  await jobsEnded(ids);
  let jobs = 0;
  for await (const _ of setting.queue.list({ namePrefix: ids[0]! })) jobs++;
  expect(jobs).toBe(1);
  await reconcile(setting);
  expect((await read(ids[0]!)).state).toBe('succeeded');
}, 120_000);

test.each(['before', 'behind'] as const)(
  'a submission whose answer was lost %s its arrival is executed once',
  async (when) => {
    const { ids } = await setting.order(['succeed']);
    const deps = { ...setting, queue: forgetful(when) };
    expect(await submitSearch(deps, ids[0]!)).toBe('unknown');
    expect((await read(ids[0]!)).state).toBe('queued');
    await reconcile(deps);
    expect((await read(ids[0]!)).jobId).not.toBeNull();
    await jobsEnded(ids);
    await reconcile(deps);
    expect((await read(ids[0]!)).state).toBe('succeeded');
    expect((await setting.executions(ids[0]!)).length).toBe(1);
    expect(setting.events.filter(({ job }) => job.name === ids[0] && job.status === 'submitted').length).toBe(1);
  },
  120_000,
);

test('two jobs of one search: the one that claims it executes, is followed and is paid, whichever was written down', async () => {
  const { ids } = await setting.order(['succeed']);
  const id = ids[0]!;
  // A submitter that was cut off, then another whose list does not show the first job yet, as Batch allows.
  const blind: JobQueue = {
    ...forgetful('behind'),
    submit: (request) => setting.queue.submit(request),
    list: async function* () {},
  };
  await submitSearch({ ...setting, queue: forgetful('behind') }, id);
  await jobsEnded(ids);
  expect(await submitSearch({ ...setting, queue: blind }, id)).toBe('resubmitted');
  await jobsEnded(ids, 2);
  const second = (await read(id)).jobId;
  await reconcile(setting);
  const row = await read(id);
  expect(row.state).toBe('succeeded');
  expect(row.jobId).not.toBe(second);
  expect((await setting.executions(id)).map((line) => line.split(' ')[0])).toEqual([row.jobId]);
  const rows = await setting.db.select().from(attempts).where(eq(attempts.searchId, id));
  expect(rows.map(({ jobId }) => jobId)).toEqual([row.jobId]);
}, 120_000);

test('a submitter that died holds the search no longer than its lease', async () => {
  const { ids } = await setting.order(['succeed']);
  const dead: JobQueue = { ...forgetful('before'), submit: () => new Promise(() => {}) };
  void submitSearch({ ...setting, queue: dead }, ids[0]!);
  await until(async () => (await read(ids[0]!)).leaseOwner !== null);
  await reconcile(setting);
  expect((await read(ids[0]!)).state).toBe('queued');
  setting.clock.aheadMs += 61_000;
  await reconcile(setting);
  await jobsEnded(ids);
  await reconcile(setting);
  expect((await read(ids[0]!)).state).toBe('succeeded');
}, 120_000);

test('cancelled before it was submitted it never runs, cancelled while it runs it ends', async () => {
  const { ids } = await setting.order(['succeed', 'hang']);
  const [early, late] = ids as [string, string];
  expect((await cancelSearch(setting, setting.tenantId, early)).state).toBe('cancelled');
  expect(await submitSearch(setting, early)).toBe('not-mine');
  // A job that was on its way all the same finds the claim taken.
  await setting.queue.submit({
    name: early,
    environment: { FASTPATH_STORE: setting.store.uri, FASTPATH_SEARCH: searchPrefixOf(setting.tenantId, early) },
    attempts: 1,
    timeoutSeconds: 60,
  });
  await jobsEnded([early]);
  expect(await setting.executions(early)).toEqual([]);

  await submitSearch(setting, late);
  await until(async () => (await setting.executions(late)).length === 1);
  await reconcile(setting);
  expect((await read(late)).state).toBe('searching');
  await expect(deleteSearch(setting, setting.tenantId, late)).rejects.toMatchObject({ code: 'search.not-ended' });
  await cancelSearch(setting, setting.tenantId, late);
  await jobsEnded([late]);
  await reconcile(setting);
  expect((await read(late)).state).toBe('cancelled');
  await expect(cancelSearch(setting, 'local', late)).rejects.toMatchObject({ code: 'search.missing' });
  // What it used until then is paid.
  const [usage] = await setting.db.select().from(usageEvents).where(eq(usageEvents.searchId, late));
  expect(usage!.costMicroUsd).toBe(Math.round(usage!.gpuSeconds! * 1e6));
}, 120_000);

test('deleted, its objects and rows are gone, and what was paid stays', async () => {
  const { ids } = await setting.order(['succeed']);
  const id = ids[0]!;
  await submitSearch(setting, id);
  await jobsEnded(ids);
  await reconcile(setting);
  await expect(cancelSearch(setting, setting.tenantId, id)).rejects.toMatchObject({ code: 'search.ended' });
  await expect(deleteSearch(setting, 'local', id)).rejects.toMatchObject({ code: 'search.missing' });
  await deleteSearch(setting, setting.tenantId, id);
  for await (const { key } of setting.store.list(searchPrefixOf(setting.tenantId, id))) throw new Error(`left: ${key}`);
  for (const [name, table] of Object.entries({
    searches: searches.id,
    attempts: attempts.searchId,
    architectures: architectures.searchId,
  })) {
    expect([name, await setting.db.$count(table.table, eq(table, id))]).toEqual([name, 0]);
  }
  const [paid] = (
    (await setting.db.execute(
      sql`select count(*)::int as n from credit_entries where search_id = ${id}`,
    )) as unknown as {
      rows: { n: number }[];
    }
  ).rows;
  expect(paid!.n).toBe(1);
  await expect(deleteSearch(setting, setting.tenantId, id)).rejects.toMatchObject({ code: 'search.missing' });
}, 120_000);

test('a queue that refuses the job ends the search at once, and gives the credit back', async () => {
  const { ids, orderId } = await setting.order(['succeed']);
  const refusing: JobQueue = {
    ...forgetful('before'),
    submit: async () => {
      throw new FastpathError('queue.refused', 'no such job definition');
    },
  };
  expect(await submitSearch({ ...setting, queue: refusing }, ids[0]!)).toBe('refused');
  expect(await read(ids[0]!)).toMatchObject({ state: 'failed', reasonCode: 'queue.refused' });
  const [reservation] = await setting.db
    .select()
    .from(creditReservations)
    .where(eq(creditReservations.orderId, orderId));
  expect(reservation).toMatchObject({ heldMicroUsd: 0 });
}, 120_000);
