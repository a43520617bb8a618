import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSetSchema, dataSetPageSchema, dataSetSchema } from '../../../shared/contract/api/data-sets.ts';
import { openDataSet } from '../../../shared/data/open-data.ts';
import { packDataSet } from '../../../shared/data/pack/pack-data-set.ts';
import { writeShard } from '../../../shared/data/write-shards.ts';
import type { OpenedDatabase } from '../../../shared/db/db.ts';
import { dataSets } from '../../../shared/db/schema/data-sets.ts';
import { tenants } from '../../../shared/db/schema/tenants.ts';
import { openTestDatabase, truncateAll } from '../../../shared/db/test-database.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { answerLink } from '../../../shared/store/links.ts';
import { completeDataSet } from './complete-data-set.ts';
import { createDataSet } from './create-data-set.ts';
import { dataLocation } from './data-set-view.ts';
import { deleteDataSet } from './delete-data-set.ts';
import { findDataSet, listDataSets } from './find-data-set.ts';
import { verifyDataSets } from './verify-data-sets.ts';

let database: OpenedDatabase;
let folder: string;
let dataRoot: string;
let png: Buffer;
let service: Parameters<typeof createDataSet>[0] & { store: DirectoryStore };
let nowMs: number;
let tests = 0;
const clock = { now: () => new Date(nowMs) };
const signing = { baseUrl: 'http://127.0.0.1:8080/objects', secret: Buffer.alloc(32, 7) };
const [ours, theirs] = ['tn_01jd9z5k3q8v7w6x5y4t3s2r1p', 'tn_01jd9z5k3q8v7w6x5y4t3s2r1q'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-datasets-'));
  const create = { width: 8, height: 8, channels: 3, background: '#336699' } as const;
  png = await sharp({ create }).png().toBuffer();
  database = await openTestDatabase();
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 24);
  dataRoot = join(folder, String(tests++), 'root');
  await mkdir(dataRoot, { recursive: true });
  const store = new DirectoryStore(join(dataRoot, '..', 'store'), signing);
  service = { db: database.db, store, clock, dataRoot, buckets: {} };
  await truncateAll(database.db);
  await database.db.insert(tenants).values([ours, theirs].map((id) => ({ id, name: id, createdAt: clock.now() })));
});

async function images(path: string, names: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const store = new DirectoryStore(join(dataRoot, path));
  for (const [name, bytes] of Object.entries(names)) await store.put(name, bytes);
}
const register = async (path: string) => {
  const request = createDataSetSchema.parse({ name: 'signs', source: { type: 'directory', path } });
  const { uploads: _, ...dataSet } = await createDataSet(service, ours, request);
  return dataSet;
};
const find = (id: string) => findDataSet(service, ours, id);
/** Registers and verifies, and gives the reason where it was refused. */
async function reasonFor(path: string) {
  const { id } = await register(path);
  expect(await verifyDataSets(service)).toEqual({ decided: 1, failures: [] });
  const { items } = await listDataSets(service, ours, { limit: 10 });
  return items.find((item) => item.id === id)!.reason;
}

describe('directories under the data root', () => {
  it('are counted and verified, and located for a search', async () => {
    await images('signs', { 'train/a/1.png': png, 'train/a/2.png': png, 'train/b/1.png': png, 'val/b/1.png': png });
    const registered = dataSetSchema.parse(await register('signs'));
    expect(registered).toMatchObject({ state: 'verifying', source: 'directory', images: null });
    await verifyDataSets(service);
    const row = await find(registered.id);
    expect(row).toMatchObject({ state: 'verified', classes: 2, images: 4, bytes: 4 * png.length, reasonCode: null });
    expect(row.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(dataLocation(row)).toEqual({ uri: join(dataRoot, 'signs') });
    expect(await verifyDataSets(service)).toEqual({ decided: 0, failures: [] });
    expect(dataSetPageSchema.parse(await listDataSets(service, ours, { limit: 1 })).items[0]!.state).toBe('verified');
  });

  it('are refused outside of it, by path or by link, without a word of what is there', async () => {
    await images('../outside', { 'a/1.png': png, 'b/1.png': png });
    await symlink(join(dataRoot, '../outside'), join(dataRoot, 'link'));
    for (const path of ['..', '../outside', '/etc', 'signs/../../outside', 'link', 'link/a', '../nothing-here']) {
      await expect(register(path), path).rejects.toMatchObject({ code: 'data-set.outside' });
    }
    for (const path of ['nothing-here', 'signs\u{fffd}']) {
      await expect(register(path), path).rejects.toMatchObject({ code: 'data.missing' });
    }
    await expect(
      createDataSet({ ...service, dataRoot: null }, ours, {
        name: 'x',
        source: { type: 'directory', path: '.' },
      }),
    ).rejects.toMatchObject({ code: 'data-set.no-root' });
    expect((await listDataSets(service, ours, { limit: 9 })).items).toEqual([]);
  });

  it('are refused where a link inside, at any depth, leads out; links that stay are followed', async () => {
    await images('signs', { 'train/a/1.png': png, 'train/b/1.png': png });
    await images('more', { '1.png': png });
    await images('../outside', { '1.png': png });
    await symlink(join(dataRoot, 'more'), join(dataRoot, 'signs/train/c'));
    await symlink(join(dataRoot, 'signs'), join(dataRoot, 'signs/train/loop'));
    await symlink('nowhere', join(dataRoot, 'signs/train/dangling'));
    expect(await reasonFor('signs')).toBeNull();
    await symlink(join(dataRoot, '../outside/1.png'), join(dataRoot, 'more/2.png'));
    expect(await reasonFor('signs')).toMatchObject({ code: 'data-set.outside' });
  });

  it('are refused with the reason where the worker could not use them', async () => {
    await images('one', { 'a/1.png': png });
    expect(await reasonFor('one')).toEqual({
      code: 'data.one-class',
      message: 'All images in the data set are of one class (a): a classifier needs at least two.',
    });
    await mkdir(join(dataRoot, 'empty'));
    expect(await reasonFor('empty')).toMatchObject({ code: 'data.empty' });
    await images('text', { 'a/notes.txt': png });
    expect(await reasonFor('text')).toMatchObject({ code: 'data.no-images' });
    await images('broken', {
      'a/1.png': png,
      'a/2.png': png.subarray(0, 60),
      'b/1.png': png,
      'b/2.png': Buffer.from('x'),
    });
    const reason = await reasonFor('broken');
    expect(reason).toMatchObject({ code: 'data.undecodable' });
    expect(reason!.message).toMatch(/^2 of 4 images tried could not be decoded. First: a\/2.png \(/);
    await images('shard', { 'train-0.tar': Buffer.from('no tar at all'.repeat(100)) });
    expect(await reasonFor('shard')).toMatchObject({ code: 'data.shard' });
    expect(JSON.stringify(await listDataSets(service, ours, { limit: 9 }))).not.toContain(folder);
  });

  it('are verified by their index where they are packed, and refused where they are not what it says', async () => {
    await images('signs', { 'a/1.png': png, 'a/2.png': png, 'b/1.png': png });
    const source = await openDataSet(join(dataRoot, 'signs'), { cacheDirectory: join(folder, 'cache') });
    const packed = new DirectoryStore(join(dataRoot, 'packed'));
    await packDataSet(source, packed, { seed: 0, shardBytes: 1e6 });
    const { id } = await register('packed');
    await verifyDataSets(service);
    const expected = { state: 'verified', classes: 2, images: 3, bytes: 3 * png.length };
    expect(await find(id)).toMatchObject(expected);
    const shard = (await packed.get('train-000000.tar'))!.bytes;
    await packed.put('train-000000.tar', shard.subarray(0, 1024));
    expect(await reasonFor('packed')).toEqual({
      code: 'data.index-old',
      message: `The shards in the data set are not those of its index: train-000000.tar is truncated: 1024 of ${shard.length} bytes. Bring them back, or pack the images again.`,
    });
    shard[520]! ^= 1;
    await packed.put('train-000000.tar', shard);
    expect(await reasonFor('packed')).toMatchObject({ code: 'data.checksum' });
  });

  it('belong to their tenant', async () => {
    await images('signs', { 'a/1.png': png, 'b/1.png': png });
    const { id } = await register('signs');
    const unknown = { code: 'data-set.unknown' };
    await expect(findDataSet(service, theirs, id)).rejects.toMatchObject(unknown);
    await expect(completeDataSet(service, theirs, id)).rejects.toMatchObject(unknown);
    await expect(deleteDataSet(service, theirs, id)).rejects.toMatchObject(unknown);
    expect((await listDataSets(service, theirs, { limit: 9 })).items).toEqual([]);
    await deleteDataSet(service, ours, id);
    await expect(find(id)).rejects.toMatchObject(unknown);
    expect((await new DirectoryStore(dataRoot).get('signs/a/1.png'))!.bytes.length).toBe(png.length);
  });
});

describe('uploads', () => {
  const put = (url: string, body: Uint8Array) =>
    answerLink(service.store, signing, new Request(url, { method: 'PUT', body: Buffer.from(body) }), new Date());

  it('wait for all announced files, are verified, and deleted with their objects', async () => {
    const shards = new DirectoryStore(join(dataRoot, 'made'));
    const samples = [0, 1, 0].map((label, i) => ({ key: `s${i}`, ending: 'png', image: png, label }));
    await writeShard(shards, 'train-0.tar', samples);
    const files = {
      'train-0.tar': (await shards.get('train-0.tar'))!.bytes,
      'classes.txt': Buffer.from('left\nright\n'),
    };
    const announced = Object.entries(files).map(([name, { length: bytes }]) => ({ name, bytes }));
    const request = createDataSetSchema.parse({ name: 'signs', source: { type: 'upload', files: announced } });
    const { uploads, ...dataSet } = await createDataSet(service, ours, request);
    expect(dataSetSchema.parse(dataSet).state).toBe('pending');
    expect(uploads.map(({ name }) => name)).toEqual(['train-0.tar', 'classes.txt']);
    await put(uploads[0]!.url, files['train-0.tar']);
    await expect(completeDataSet(service, ours, dataSet.id)).rejects.toMatchObject({
      code: 'data-set.incomplete',
      message: 'classes.txt (11 bytes) has not been uploaded: PUT it to its address, then complete again',
    });
    expect(await verifyDataSets(service)).toEqual({ decided: 0, failures: [] });
    await expect(put(uploads[1]!.url, Buffer.from('left\n'))).rejects.toMatchObject({ code: 'link.size' });
    await put(uploads[1]!.url, files['classes.txt']);
    expect((await completeDataSet(service, ours, dataSet.id)).state).toBe('verifying');
    expect((await completeDataSet(service, ours, dataSet.id)).state).toBe('verifying');
    await verifyDataSets(service);
    expect(await find(dataSet.id)).toMatchObject({ state: 'verified', classes: 2, images: 3, bytes: 3 * png.length });
    await deleteDataSet(service, ours, dataSet.id);
    for await (const { key } of service.store.list('')) expect.unreachable(key);
    expect(await database.db.select().from(dataSets)).toEqual([]);
  });

  it('are refused where names collide', async () => {
    const upload = (...names: string[]) =>
      createDataSet(service, ours, {
        name: 'x',
        source: { type: 'upload', files: names.map((name) => ({ name, bytes: 1 })) },
      });
    await expect(upload('a', 'a')).rejects.toMatchObject({ code: 'data-set.files' });
    await expect(upload('a/b', 'a/b/c/d')).rejects.toMatchObject({ code: 'data-set.files' });
  });
});

describe('the store away', () => {
  it('leaves a data set waiting instead of refusing it', async () => {
    const uri = 's3://customer/images';
    const row = { id: 'ds_01jd9z5k3q8v7w6x5y4t3s2r1p', tenantId: ours, name: 'x', source: 'bucket' as const, uri };
    const role = { roleArn: 'arn:aws:iam::123456789012:role/x', externalId: 'fastpath-x', state: 'verifying' as const };
    await database.db.insert(dataSets).values({ ...row, ...role, createdAt: clock.now() });
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    const away = { ...service, buckets: { endpoint: 'http://127.0.0.1:9', region: 'us-east-1' } };
    await images('signs', { 'train/a/1.png': png, 'train/b/1.png': png });
    const { id: other } = await register('signs');
    const unavailable = [expect.objectContaining({ code: 'store.unavailable', retry: true })];
    // The one that comes first and cannot be reached does not hold up the other.
    expect(await verifyDataSets(away)).toEqual({ decided: 1, failures: unavailable });
    expect((await find(other)).state).toBe('verified');
    const kept = await find(row.id);
    expect(kept).toMatchObject({ state: 'verifying', verifyTries: 1 });
    expect(kept.verifyAfter!.getTime()).toBeGreaterThan(nowMs);
    // It waits, and longer with each try, until it is given up.
    expect(await verifyDataSets(away)).toEqual({ decided: 0, failures: [] });
    await database.db.update(dataSets).set({ verifyTries: 39 }).where(eq(dataSets.id, row.id));
    nowMs += 3_600_000;
    expect(await verifyDataSets(away)).toEqual({ decided: 0, failures: unavailable });
    expect(await find(row.id)).toMatchObject({ state: 'refused', reasonCode: 'data.unreachable' });
  });

  it('is looked into by one at a time, and by another when that one has died', async () => {
    await images('signs', { 'train/a/1.png': png, 'train/b/1.png': png });
    const { id } = await register('signs');
    const both = await Promise.all([verifyDataSets(service), verifyDataSets(service)]);
    expect(both.map(({ decided }) => decided).sort()).toEqual([0, 1]);
    // Somebody took it and never came back.
    const taken = new Date(nowMs + 120_000);
    await database.db.update(dataSets).set({ state: 'verifying', verifyAfter: taken }).where(eq(dataSets.id, id));
    expect((await verifyDataSets(service)).decided).toBe(0);
    nowMs += 120_000;
    expect((await verifyDataSets(service)).decided).toBe(1);
  });
});
