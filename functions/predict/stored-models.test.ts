/** @file Models from the store: whose they are, when a new one counts, how much is read and held. */
import { build } from 'esbuild';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { type LatestModel, latestKey, modelsFolder, versionKey } from '../../shared/store/hardware-keys.ts';
import { publicModels } from './public-models.ts';
import { type StoredModelOptions, storedModels } from './stored-models.ts';

const shipped = builtInModels[0]!;
const [a, b] = [{ tenant: 'tn_a' }, { tenant: 'tn_b' }];

let objects: Map<string, Uint8Array>;
let reads: string[];
let nowMs: number;
beforeEach(() => {
  objects = new Map();
  reads = [];
  nowMs = 1_000;
});

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function put(tenant: string, id: string, version: string): void {
  const model: LatencyModelData = { ...shipped, hardware: { ...shipped.hardware, id }, version };
  const latest: LatestModel = { version, tableVersion: version, hardware: model.hardware };
  objects.set(versionKey(modelsFolder(tenant), id, version), bytes(model));
  objects.set(latestKey(modelsFolder(tenant), id), bytes(latest));
}

function open(options: Partial<StoredModelOptions> = {}) {
  const store = {
    read: async (key: string) => {
      reads.push(key);
      return objects.get(key) ?? null;
    },
    list: async (folder: string) => [...objects.keys()].filter((key) => key.startsWith(folder)),
  };
  const models = storedModels(publicModels(builtInModels), store, {
    ...{ keepMs: 1_000, mostModels: 10, nowMs: () => nowMs },
    ...options,
  });
  const version = async (id: string, caller = a) => (await models.find(id, caller))?.model.data.version ?? null;
  return { models, version };
}

const [one, two] = ['1'.repeat(16), '2'.repeat(16)];

describe('models from the store', () => {
  it('are what ships, what is public, and what is the asking tenant’s own', async () => {
    put('tn_a', 'mine', one);
    put('public', 'everyones', two);
    const { models, version } = open();
    expect(await version('mine')).toBe(one);
    expect(await version('everyones')).toBe(two);
    expect(await version(shipped.hardware.id)).toBe(shipped.version);
    expect((await models.find('mine', a))!.audience).toBe('tenant');
    expect((await models.find('everyones', b))!.audience).toBe('public');
    const listed = async (caller: typeof a) =>
      (await models.list(caller)).filter(({ hardware }) => !builtInModels.some((each) => each.hardware === hardware));
    expect((await listed(a)).map(({ hardware, scope }) => [hardware.id, scope])).toEqual([
      ['everyones', 'public'],
      ['mine', 'own'],
    ]);
    expect((await listed(b)).map(({ hardware }) => hardware.id)).toEqual(['everyones']);
  });

  it('of one tenant are nothing to another, whatever the id', async () => {
    put('tn_b', 'theirs', one);
    const { version } = open();
    const ids = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('theirs', '../../tn_b/latency-models/theirs', 'a'.repeat(300)),
    );
    await fc.assert(
      fc.asyncProperty(ids, async (id) => {
        expect(await version(id)).toBeNull();
      }),
    );
    expect(
      reads.every((key) => /^(tenants\/tn_a|public)\/latency-models\/[a-z0-9-]{1,100}\/latest\.json$/.test(key)),
    ).toBe(true);
  });

  it('count anew after the time a look-up is kept, and at once when they are told so', async () => {
    put('tn_a', 'mine', one);
    const { models, version } = open();
    expect(await version('mine')).toBe(one);
    put('tn_a', 'mine', two);
    nowMs += 999;
    expect(await version('mine')).toBe(one);
    nowMs += 1;
    expect(await version('mine')).toBe(two);
    put('tn_a', 'mine', one);
    models.forget('tn_b');
    expect(await version('mine')).toBe(two);
    models.forget('tn_a');
    expect(await version('mine')).toBe(one);
    objects.clear();
    models.forget('tn_a');
    expect(await version('mine')).toBeNull();
    expect((await models.list(a)).length).toBe(builtInModels.length);
  });

  it('are read once, however many ask at the same time', async () => {
    put('tn_a', 'mine', one);
    const { version } = open();
    const all = await Promise.all(Array.from({ length: 50 }, () => version('mine')));
    expect(new Set(all)).toEqual(new Set([one]));
    expect(reads.length).toBe(2);
    nowMs += 10_000;
    await version('mine');
    // The pointer alone: a version never changes.
    expect(reads.length).toBe(3);
  });

  it('are held up to a number: the one used longest ago goes', async () => {
    for (const id of ['x', 'y', 'z']) put('tn_a', id, one);
    const { version } = open({ mostModels: 2 });
    for (const id of ['x', 'y', 'x', 'z', 'x']) await version(id);
    expect(reads.filter((key) => key.endsWith(`${one}.json`)).map((key) => key.split('/')[3])).toEqual(['x', 'y', 'z']);
    await version('y');
    expect(reads.filter((key) => key.endsWith(`y/${one}.json`)).length).toBe(2);
  });

  it('that cannot be read are told to who asks, and read again next time', async () => {
    put('tn_a', 'mine', one);
    let down = true;
    const models = storedModels(
      publicModels(builtInModels),
      {
        read: async (key) => {
          if (down) throw new Error('the store is down');
          return objects.get(key) ?? null;
        },
        list: async () => [],
      },
      { keepMs: 1_000, mostModels: 10, nowMs: () => nowMs },
    );
    await expect(models.find('mine', a)).rejects.toThrow('the store is down');
    expect(await models.find(shipped.hardware.id, a)).not.toBeNull();
    down = false;
    expect(await models.find('mine', a)).not.toBeNull();
  });

  it('that are cut short are as if they were not there, until they are written again', async () => {
    put('tn_a', 'mine', one);
    const whole = objects.get(versionKey(modelsFolder('tn_a'), 'mine', one))!;
    objects.set(versionKey(modelsFolder('tn_a'), 'mine', one), whole.subarray(0, 1000));
    const { version } = open();
    expect(await version('mine')).toBeNull();
    objects.set(versionKey(modelsFolder('tn_a'), 'mine', one), whole);
    expect(await version('mine')).toBe(one);
  });

  it('and mirrored keys bundle without Node or any SDK, as the edge needs it', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents:
          "export * from './stored-models.ts'; export * from './mirrored-keys.ts'; export * from './store-objects.ts';",
        resolveDir: import.meta.dirname,
        loader: 'ts',
      },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    });
    expect(outputFiles[0]!.text).not.toMatch(/["']node:/);
    expect(outputFiles[0]!.contents.length).toBeLessThan(60_000);
  });
});
