/**
 * @file What tests of searches run against: PGlite, a directory store, and the real process queue, whose jobs are small
 * programs that claim their search as the worker does and then do what its spec says.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '../../../shared/architecture/describe.ts';
import type { Metrics } from '../../../shared/contract/result.ts';
import type { Db } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { orders, searches, tenants } from '../../../shared/db/schema/index.ts';
import { openTestDatabase } from '../../../shared/db/test-database.ts';
import { transact } from '../../../shared/db/transact.ts';
import type { JobEvent } from '../../../shared/queue/job-queue.ts';
import { ProcessQueue } from '../../../shared/queue/process-queue.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { searchPrefixOf, specKey } from '../../../shared/store/search-keys.ts';
import { reserveCredit } from '../credit/reserve.ts';
import { topUp } from '../credit/top-up.ts';
import type { SearchDeps } from './deps.ts';

export type Behaviour = 'succeed' | 'cut-short' | 'fail-data' | 'fail-ours' | 'die' | 'lie' | 'hang' | 'again';

/** An architecture of the space `tiny`, and metrics that fit it. */
export function exampleResult(): { architecture: object; metrics: Metrics } {
  const space = findSpace('tiny');
  const plan = planSupernet(space, { resolution: 32, classes: 10, widthMultiplier: 1 });
  const architecture = pathToArchitecture(
    plan,
    plan.blocks.map(() => 0),
  );
  const { id, macs, parameters, peakActivationBytes } = describe(architecture);
  return {
    architecture,
    metrics: {
      format: 'fastpath.metrics/1',
      architectureId: id,
      seed: 0,
      backend: 'test',
      dataFingerprint: 'test',
      macs,
      parameters,
      peakActivationBytes,
      latency: [],
      weights: 'supernet',
      evaluation: { split: 'validation', images: 10, loss: 1, top1: 0.5, top5: 0.9 },
      search: null,
      skippedImages: 0,
    },
  };
}

/** Creating a file exclusively is what a conditional put of the directory store comes to. */
const program = `
const fs = require('node:fs'), path = require('node:path');
const { FASTPATH_STORE, FASTPATH_SEARCH, AWS_BATCH_JOB_ID, AWS_BATCH_JOB_ATTEMPT, RESULT } = process.env;
const place = (name) => {
  const file = path.join(FASTPATH_STORE, FASTPATH_SEARCH, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return file;
};
const claim = (n) => {
  const text = JSON.stringify({ format: 'fastpath.claim/1', job: AWS_BATCH_JOB_ID, at: new Date().toISOString() });
  try { fs.writeFileSync(place('attempts/' + n + '/claim'), text, { flag: 'wx' }); return true; } catch { return false; }
};
const n = Number(AWS_BATCH_JOB_ATTEMPT);
if (n > 1 && !claim(1) && JSON.parse(fs.readFileSync(place('attempts/1/claim'))).job !== AWS_BATCH_JOB_ID) process.exit(1);
if (!claim(n)) process.exit(1);
fs.appendFileSync(place('executed'), AWS_BATCH_JOB_ID + ' ' + n + '\\n');
const { behaviour } = JSON.parse(fs.readFileSync(place('spec.json')));
const say = (record) => fs.appendFileSync(place('progress/000001.jsonl'), JSON.stringify(record) + '\\n');
const { architecture, metrics } = JSON.parse(RESULT);
const deliver = (more) => {
  fs.writeFileSync(place('result/architecture.json'), JSON.stringify(architecture));
  fs.writeFileSync(place('result/metrics.json'), JSON.stringify({ ...metrics, ...more }));
};
if (behaviour === 'again' && n === 1) process.exit(75);
if (behaviour === 'succeed' || behaviour === 'again') deliver({});
if (behaviour === 'cut-short') deliver({ cutShort: true });
if (behaviour === 'lie') deliver({ architectureId: '0123456789abcdef' });
if (behaviour === 'fail-data') say({ type: 'error', step: 0, code: 'data.empty', message: 'no images', retry: false });
if (behaviour === 'fail-ours') say({ type: 'error', step: 0, code: 'store.unavailable', message: 'away', retry: true });
if (/^fail/.test(behaviour)) process.exit(1);
if (behaviour === 'die') process.exit(3);
if (behaviour === 'hang') setInterval(() => {}, 1000);
`;

export interface Setting extends SearchDeps {
  store: DirectoryStore;
  queue: ProcessQueue;
  /** all events so far, in order; hand them on to whom you like */
  events: JobEvent[];
  clock: { now(): Date; aheadMs: number };
  tenantId: string;
  /** An order of one search each; what they may cost is reserved. */
  order(
    behaviours: readonly Behaviour[],
    maxCostMicroUsd?: number,
    owner?: string,
  ): Promise<{ orderId: string; ids: string[] }>;
  executions(searchId: string): Promise<string[]>;
  close(): Promise<void>;
}

export const creditMicroUsd = 1_000_000_000;

export async function openSetting(concurrency = 4): Promise<Setting> {
  const { db, close } = await openTestDatabase();
  const root = await mkdtemp(join(tmpdir(), 'fastpath-searches-'));
  const store = new DirectoryStore(join(root, 'store'));
  const events: JobEvent[] = [];
  const clock = { aheadMs: 0, now: () => new Date(Date.now() + clock.aheadMs) };
  const queue = await ProcessQueue.open({
    directory: join(root, 'jobs'),
    command: [process.execPath, '-e', program],
    environment: { PATH: process.env.PATH, RESULT: JSON.stringify(exampleResult()) },
    concurrency,
    graceMs: 1000,
    clock: { now: () => new Date() },
    onEvent: (event) => events.push(event),
  });
  const tenantId = newId('tn', clock);
  await db.insert(tenants).values({ id: tenantId, name: 'test', createdAt: clock.now() });
  await topUp({ db, clock }, tenantId, { amountMicroUsd: creditMicroUsd, reference: 'test' });
  return {
    db,
    store,
    queue,
    clock,
    events,
    tenantId,
    machine: { instanceType: 'test', pricePerHourMicroUsd: 3_600_000_000 },
    order: (behaviours, maxCostMicroUsd = 10_000_000, owner = tenantId) =>
      placeOrder({ db, store, clock }, owner, behaviours, maxCostMicroUsd),
    executions: async (searchId) => {
      const object = await store.get(`${searchPrefixOf(tenantId, searchId)}/executed`);
      return object === null ? [] : Buffer.from(object.bytes).toString().trim().split('\n');
    },
    close: async () => {
      queue.close();
      await close();
      // A job that still runs may write meanwhile.
      await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

async function placeOrder(
  { db, store, clock }: { db: Db; store: DirectoryStore; clock: { now(): Date } },
  tenantId: string,
  behaviours: readonly Behaviour[],
  maxCostMicroUsd: number,
): Promise<{ orderId: string; ids: string[] }> {
  const orderId = newId('ord', clock);
  const createdAt = clock.now();
  const rows = behaviours.map((behaviour) => {
    const id = newId('srch', clock);
    const spec = Buffer.from(JSON.stringify({ behaviour }));
    return { id, spec, specSha256: createHash('sha256').update(spec).digest('hex') };
  });
  for (const { id, spec } of rows) await store.put(specKey(searchPrefixOf(tenantId, id)), spec);
  await transact(db, async (tx) => {
    const cost = maxCostMicroUsd * rows.length;
    await tx.insert(orders).values({
      ...{ id: orderId, tenantId, request: {}, state: 'open' as const, createdAt },
      ...{ maxCostMicroUsd: cost, estimatedCostMicroUsd: 0 },
    });
    await reserveCredit({ tx, clock }, tenantId, { orderId, amountMicroUsd: cost });
    for (const { id, specSha256 } of rows) {
      await tx.insert(searches).values({
        ...{ id, tenantId, orderId, specSha256, state: 'queued' as const, createdAt },
        ...{ constraints: { hardware: [{ id: 'test', budgetMs: 1 }] }, maxCostMicroUsd },
      });
    }
  });
  return { orderId, ids: rows.map(({ id }) => id) };
}
