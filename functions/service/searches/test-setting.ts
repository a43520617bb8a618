/**
 * @file What tests of searches run against: PGlite, a directory store, and the real process queue, whose jobs are small
 * programs that claim their search as the worker does and then do what its spec says.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '../../../shared/architecture/describe.ts';
import type { SearchSpec } from '../../../shared/contract/job-spec.ts';
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
import { jobListKey, searchPrefixOf, specKey, warmUpKey } from '../../../shared/store/search-keys.ts';
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
const { FASTPATH_STORE, FASTPATH_JOB_LIST, AWS_BATCH_JOB_ARRAY_INDEX, AWS_BATCH_JOB_ID, AWS_BATCH_JOB_ATTEMPT, RESULT } = process.env;
const FASTPATH_SEARCH = process.env.FASTPATH_SEARCH ??
  JSON.parse(fs.readFileSync(path.join(FASTPATH_STORE, FASTPATH_JOB_LIST))).searches[AWS_BATCH_JOB_ARRAY_INDEX].prefix;
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
const { behaviour, isWarmUp, needs } = JSON.parse(fs.readFileSync(place('spec.json')));
const say = (record) => fs.appendFileSync(place('progress/000001.jsonl'), JSON.stringify(record) + '\\n');
const { architecture, metrics } = JSON.parse(RESULT);
if (needs && !fs.existsSync(path.join(FASTPATH_STORE, needs))) process.exit(4);
const deliver = (more) => {
  if (isWarmUp) {
    fs.writeFileSync(place('warm-up.safetensors'), 'weights');
    fs.writeFileSync(place('result/warm-up.json'), JSON.stringify({ format: 'fastpath.warm-up/1', steps: 1, ...more }));
    return;
  }
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
  /** An order of one search each; what they may cost is reserved. Specs are for a queue that runs the worker itself. */
  order(
    behaviours: readonly (Behaviour | SearchSpec)[],
    maxCostMicroUsd?: number,
    owner?: string,
  ): Promise<{ orderId: string; ids: string[] }>;
  /** An order of one array job; what it may cost is reserved, as much for a shared warm-up as for each search. */
  sweep(
    warmUp: Behaviour | null,
    behaviours: readonly Behaviour[],
  ): Promise<{ orderId: string; ids: string[]; warmUpId: string | null }>;
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
    sweep: (warmUp, behaviours) => placeSweep({ db, store, clock }, tenantId, warmUp, behaviours),
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

interface Placing {
  db: Db;
  store: DirectoryStore;
  clock: { now(): Date };
}

type Child = Pick<typeof searches.$inferInsert, 'id' | 'kind' | 'arrayIndex'> & { spec: object };

async function placeOrder(
  deps: Placing,
  tenantId: string,
  behaviours: readonly (Behaviour | SearchSpec)[],
  maxCostMicroUsd: number,
) {
  const orderId = newId('ord', deps.clock);
  const rows = behaviours.map((behaviour) => ({
    id: newId('srch', deps.clock),
    spec: typeof behaviour === 'string' ? { behaviour } : behaviour,
  }));
  await place(deps, { id: orderId, tenantId, jobListSha256: null }, rows, maxCostMicroUsd);
  return { orderId, ids: rows.map(({ id }) => id) };
}

async function placeSweep(deps: Placing, tenantId: string, warmUp: Behaviour | null, behaviours: readonly Behaviour[]) {
  const orderId = newId('ord', deps.clock);
  const warmUpId = warmUp === null ? null : newId('srch', deps.clock);
  const needs = warmUpId === null ? undefined : warmUpKey(searchPrefixOf(tenantId, warmUpId));
  const children: Child[] = behaviours.map((behaviour, arrayIndex) => ({
    ...{ id: newId('srch', deps.clock), arrayIndex, spec: { behaviour, needs } },
  }));
  const first: Child[] =
    warmUpId === null ? [] : [{ id: warmUpId, kind: 'warm-up', spec: { behaviour: warmUp, isWarmUp: true } }];
  const list = {
    format: 'fastpath.job-list/1',
    searches: children.map(({ id, spec }) => ({
      prefix: searchPrefixOf(tenantId, id),
      specSha256: sha256(bytesOf(spec)),
    })),
  };
  await deps.store.put(jobListKey(tenantId, orderId), bytesOf(list));
  const order = { id: orderId, tenantId, jobListSha256: sha256(bytesOf(list)) };
  await place(deps, order, [...first, ...children], 10_000_000);
  return { orderId, ids: children.map(({ id }) => id), warmUpId };
}

async function place(
  { db, store, clock }: Placing,
  order: { id: string; tenantId: string; jobListSha256: string | null },
  rows: readonly Child[],
  maxCostMicroUsd: number,
): Promise<void> {
  const { id: orderId, tenantId } = order;
  const createdAt = clock.now();
  for (const { id, spec } of rows) await store.put(specKey(searchPrefixOf(tenantId, id)), bytesOf(spec));
  await transact(db, async (tx) => {
    const cost = maxCostMicroUsd * rows.length;
    await tx.insert(orders).values({
      ...{ ...order, request: {}, state: 'open' as const, createdAt },
      ...{ maxCostMicroUsd: cost, estimatedCostMicroUsd: 0 },
    });
    await reserveCredit({ tx, clock }, tenantId, { orderId, amountMicroUsd: cost });
    for (const { spec, ...row } of rows) {
      await tx.insert(searches).values({
        ...{ ...row, tenantId, orderId, specSha256: sha256(bytesOf(spec)), state: 'queued' as const, createdAt },
        ...{ constraints: { hardware: [{ id: 'test', budgetMs: 1 }] }, maxCostMicroUsd },
      });
    }
  });
}

function bytesOf(json: object): Buffer {
  return Buffer.from(JSON.stringify(json));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
