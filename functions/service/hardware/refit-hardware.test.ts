/** @file Fitting meets uploads, deletions and other fits in between, and loses nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import { localTenant } from '../../../shared/contract/tenants.ts';
import type { OpenedDatabase } from '../../../shared/db/db.ts';
import { latencyModels, tenants } from '../../../shared/db/schema/index.ts';
import { openTestDatabase, truncateAll } from '../../../shared/db/test-database.ts';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { fitLatencyModel } from '../../../shared/latency/fit/fit-model.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { HardwareRegistry } from '../../local/hardware-registry.ts';
import { publicModels } from '../../predict/public-models.ts';
import { storeObjects } from '../../predict/store-objects.ts';
import { type StoredModels, storedModels } from '../../predict/stored-models.ts';
import { addMeasurements } from './add-measurements.ts';
import { createHardware } from './create-hardware.ts';
import { deleteHardware } from './delete-hardware.ts';
import type { HardwareDeps } from './deps.ts';
import { hardwareDetail } from './find-hardware.ts';
import { type RefitDeps, refitHardware, refitStale, refitWaiting } from './refit-hardware.ts';
import { shortPlanTimings } from './shipped-timings.ts';

let database: OpenedDatabase;
let root: string;
let store: DirectoryStore;
let deps: HardwareDeps;
let refitDeps: RefitDeps;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-refit-'));
  store = new DirectoryStore(root);
  const { db } = database;
  const clock = systemClock;
  const models: StoredModels = storedModels(publicModels(builtInModels), storeObjects(store), {
    ...{ keepMs: 0, mostModels: 5, nowMs: Date.now },
  });
  deps = { db, store, clock, models };
  refitDeps = { db, store, clock, fitModel: fitLatencyModel, changed: models.forget };
  await truncateAll(db);
  await db.insert(tenants).values({ id: localTenant, name: 'local', createdAt: clock.now() });
  await make('board');
});
afterEach(() => rm(root, { recursive: true }));

const make = (id: string) =>
  createHardware(deps, localTenant, { id, device: 'b', runtime: 'r', batchSize: 1, precision: 'fp32', threads: 1 });
const detail = (id = 'board') => hardwareDetail(deps, localTenant, id);
const refit = (own: Partial<RefitDeps> = {}) => refitHardware({ ...refitDeps, ...own }, localTenant, 'board');

/** The timings from one place to another, as an upload. */
function upload(from: number, to: number, id = 'board') {
  const measurements = shortPlanTimings().slice(from, to) as Parameters<typeof addMeasurements>[3]['measurements'];
  return addMeasurements(deps, localTenant, id, { measurements, anySpeed: false }, null);
}

/** Something that happens in the middle of the fit. */
function meanwhile(happens: () => Promise<unknown>): Partial<RefitDeps> {
  let once = true;
  return {
    fitModel: async (table, others) => {
      if (once) {
        once = false;
        await happens();
      }
      return fitLatencyModel(table, others);
    },
  };
}

it('an upload that comes during a fit waits for the next one', async () => {
  await upload(0, 13);
  await refit(meanwhile(() => upload(13, 23)));
  expect(await detail()).toMatchObject({ modelState: 'fitting', waiting: 1, blocks: 12, networks: 0 });
  await refitWaiting(refitDeps, (error) => expect(error).toBeUndefined());
  expect(await detail()).toMatchObject({ modelState: 'ready', waiting: 0, blocks: 12, networks: 10 });
  const rows = await database.db.select().from(latencyModels);
  expect(rows.map(({ objectKey }) => objectKey)).toEqual(
    expect.arrayContaining([`tenants/local/latency-models/board/${(await detail()).modelVersion}.json`]),
  );
  expect(rows.length).toBe(2);
});

it('two fits at once end with the same model, and one that is done changes nothing', async () => {
  await upload(0, 23);
  await refit(meanwhile(() => refit()));
  const { modelVersion } = await detail();
  await Promise.all([refit(), refit()]);
  expect(await detail()).toMatchObject({ modelVersion, modelState: 'ready', waiting: 0 });
  expect((await database.db.select().from(latencyModels)).length).toBe(1);
});

it('hardware that is deleted during a fit does not come back', async () => {
  await upload(0, 23);
  await refit(meanwhile(() => deleteHardware(deps, localTenant, 'board')));
  await expect(detail()).rejects.toMatchObject({ code: 'hardware.unknown' });
  for await (const { key } of store.list('tenants/')) expect(key).toBe('none');
});

it('nor does it leave anything to new hardware of that id', async () => {
  await upload(0, 23);
  const again = async () => {
    await deleteHardware(deps, localTenant, 'board');
    await make('board');
    await upload(0, 13);
  };
  await refit(meanwhile(again));
  await refitWaiting(refitDeps, (error) => expect(error).toBeUndefined());
  expect(await detail()).toMatchObject({ modelState: 'ready', blocks: 12, networks: 0 });
});

it('a fit that fails is told, stays to be done, and holds up no other', async () => {
  await make('other');
  await upload(0, 23);
  await upload(0, 23, 'other');
  const failures: unknown[] = [];
  const fitModel: RefitDeps['fitModel'] = (table, others) => {
    if (table.hardware.id === 'board') throw new Error('out of memory');
    return fitLatencyModel(table, others);
  };
  await refitWaiting({ ...refitDeps, fitModel }, (error) => failures.push(error));
  expect(failures).toEqual([new Error('out of memory')]);
  expect(await detail()).toMatchObject({ modelState: 'fitting' });
  expect(await detail('other')).toMatchObject({ modelState: 'ready' });
  await refitWaiting(refitDeps, (error) => expect(error).toBeUndefined());
  expect(await detail()).toMatchObject({ modelState: 'ready', networks: 10 });
});

it('the same upload sent by five at once is kept once', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => upload(0, 23)));
  expect(answers.map(({ added }) => added).sort((a, b) => a - b)).toEqual([0, 0, 0, 0, 23]);
  expect(await detail()).toMatchObject({ waiting: 1 });
});

it('what the command line writes into the same store counts here, and what was measured here counts there', async () => {
  const registry = new HardwareRegistry(store);
  await upload(0, 13);
  await refit();
  const table = await registry.findTable('board');
  expect(Object.keys(table.entries).length).toBe(12);
  // As a home of an earlier version has it: a table whose model nobody wrote.
  await registry.saveTable({ ...table, hardware: { ...table.hardware, id: 'laptop' } });
  await store.deletePrefix('tenants/local/latency-models/laptop/');
  expect((await detail('laptop')).modelVersion).toBeNull();
  await refitStale(refitDeps, localTenant, (error) => expect(error).toBeUndefined());
  expect(await detail('laptop')).toMatchObject({ modelState: 'ready', blocks: 12 });
  expect((await registry.findModel('laptop')).version).toBe((await detail('laptop')).modelVersion);
  // Nothing to fit is not looked at again.
  await make('new');
  await refitStale(refitDeps, localTenant, (error) => expect(error).toBeUndefined());
  expect(await detail('new')).toMatchObject({ modelState: 'none', problem: null });
});
