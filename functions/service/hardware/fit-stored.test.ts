/** @file Models of stored tables: written once a version, fitted anew when the table moved on, learnt from the right others. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import type { LatencyModelData } from '../../../shared/contract/latency-model.ts';
import { builtInTables } from '../../../shared/latency/built-in.ts';
import { fitLatencyModel } from '../../../shared/latency/fit/fit-model.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { latestKey, modelsFolder } from '../../../shared/store/hardware-keys.ts';
import { fitInThread } from './fit-in-thread.ts';
import { fitStored, isStale } from './fit-stored.ts';
import { LatencyTables } from './latency-tables.ts';

const tenant = 'tn_01jd9z5k3q8v7w6x5y4t3s2r1p';
let root: string;
let store: DirectoryStore;
let learntFrom: string[][];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-models-'));
  store = new DirectoryStore(root);
  learntFrom = [];
});
afterEach(() => rm(root, { recursive: true }));

const fitModel = (table: LatencyTable, others: readonly LatencyTable[]): LatencyModelData => {
  learntFrom.push(others.map(({ hardware }) => hardware.id));
  return fitLatencyModel(table, others);
};

/** A few rows of a shipped table as another device's. */
function table(id: string, rows = 5): LatencyTable {
  const [shipped] = builtInTables;
  const entries = Object.fromEntries(Object.entries(shipped!.entries).slice(0, rows));
  return {
    format: 'fastpath.latency-table/1',
    hardware: { ...shipped!.hardware, id },
    overheadUs: 3,
    coverage: [],
    entries,
  };
}

const save = (of: string, saved: LatencyTable) => new LatencyTables(store, of).save(saved);
const fitBoard = (id = 'board') => fitStored({ store, fitModel }, tenant, id);
const keys = async () => {
  const all: string[] = [];
  for await (const { key } of store.list(modelsFolder(tenant))) all.push(key.slice(modelsFolder(tenant).length));
  return all;
};

it('fits once a table, and again when it has new rows; earlier versions stay', async () => {
  await save(tenant, table('board'));
  expect(await isStale(store, tenant, 'board')).toBe(true);
  const first = await fitBoard();
  expect(await isStale(store, tenant, 'board')).toBe(false);
  expect((await fitBoard())!.model).toEqual(first!.model);
  expect(learntFrom.length).toBe(1);
  await save(tenant, table('board', 6));
  expect(await isStale(store, tenant, 'board')).toBe(true);
  const second = await fitBoard();
  expect(second!.model.trainedOn.blocks).toBe(6);
  const versions = [first!, second!].map(({ model }) => `board/${model.version}.json`);
  expect((await keys()).sort()).toEqual([...versions, 'board/latest.json'].sort());
});

it('learns from what ships, what is public and what is the tenant’s, and from nobody else', async () => {
  await save(tenant, table('board'));
  await save(tenant, table('other-board'));
  await save(tenant, table('empty-board', 0));
  await save('public', table('everyones'));
  await save('tn_01jd9z5k3q8v7w6x5y4t3s2r1q', table('theirs'));
  await fitBoard();
  expect(learntFrom).toEqual([[...builtInTables.map(({ hardware }) => hardware.id), 'everyones', 'other-board']]);
});

it('ends with the model of the newest table, whoever of several writes last', async () => {
  await save(tenant, table('board'));
  let release = () => {};
  const slow = fitStored(
    {
      store,
      fitModel: async (of, others) => {
        await new Promise<void>((done) => {
          release = done;
        });
        return fitModel(of, others);
      },
    },
    tenant,
    'board',
  );
  while ((await keys()).length === 0) {
    await save(tenant, table('board', 6));
    await fitBoard();
  }
  release();
  expect((await slow)!.model.trainedOn.blocks).toBe(6);
  const latest = JSON.parse(Buffer.from((await store.get(latestKey(modelsFolder(tenant), 'board')))!.bytes).toString());
  expect(latest.tableVersion).toBe(await new LatencyTables(store, tenant).version('board'));
});

it('writes a model anew that is cut short, and refuses one of numbers that are none', async () => {
  await save(tenant, table('board'));
  const { objectKey, model } = (await fitBoard())!;
  await writeFile(join(root, objectKey), '{"format":');
  expect((await fitBoard())!.model).toEqual(model);
  await save(tenant, table('board', 7));
  const wrong = fitStored(
    { store, fitModel: (of, others) => ({ ...fitModel(of, others), noise: Number.NaN }) },
    tenant,
    'board',
  );
  await expect(wrong).rejects.toMatchObject({ code: 'latency.no-model' });
  await expect(fitBoard('nothing')).resolves.toBeNull();
});

it('fits the same in a thread of its own, which can be stopped and whose errors keep their code', async () => {
  const inThread = fitInThread(new AbortController().signal);
  expect(await inThread(table('board'), builtInTables)).toEqual(fitLatencyModel(table('board'), builtInTables));
  await expect(inThread(table('board', 0), [])).rejects.toMatchObject({ code: 'latency.nothing-timed' });
  const stop = new AbortController();
  const stopped = fitInThread(stop.signal)(builtInTables[1]!, builtInTables);
  stop.abort();
  await expect(stopped).rejects.toThrow('abort');
});
