import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataIndex, ShardList } from '../contract/data-index.ts';
import { DirectoryStore } from '../store/directory.ts';
import { checkShards } from './check-shards.ts';
import { sha256Of } from './data-index.ts';
import { openDataSet } from './open-data.ts';
import { packDataSet } from './pack/pack-data-set.ts';

const images = 150;
let root: string;
let whole: DirectoryStore;
let index: DataIndex;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-check-'));
  const source = new DirectoryStore(join(root, 'source'));
  for (let i = 0; i < images; i++) {
    const create = { width: 5 + i, height: 9, channels: 3, background: '#336699' } as const;
    await source.put(`${i % 5 === 0 ? 'val' : 'train'}/${i % 2}/${i}.jpg`, await sharp({ create }).jpeg().toBuffer());
  }
  whole = new DirectoryStore(join(root, 'whole'));
  const data = await openDataSet(source.uri, { cacheDirectory: join(root, 'cache') });
  index = (await packDataSet(data, whole, { seed: 0, shardBytes: 40_000 })).index;
});
afterAll(() => rm(root, { recursive: true, force: true }));

let copies = 0;
/** A copy, to spoil. */
async function copy(): Promise<DirectoryStore> {
  const uri = join(root, `copy-${copies++}`);
  await cp(whole.uri, uri, { recursive: true });
  return new DirectoryStore(uri);
}
async function check(store: DirectoryStore, everyImage = false) {
  const faults: string[] = [];
  const report = await checkShards(store, { everyImage, onFault: (line) => faults.push(line) });
  expect(report.faults).toBe(faults.length);
  return { report, faults };
}

/** Puts `bytes` at an image's place, and makes lists, shard and index agree on them. */
async function replaceImage(store: DirectoryStore, shardNumber: number, image: number, byte: number): Promise<string> {
  const changed = structuredClone(index);
  const shard = changed.shards[shardNumber]!;
  const listFile = `index/${shard.key.replace('.tar', '.json')}`;
  const list = JSON.parse(await readFile(join(store.uri, listFile), 'utf8')) as ShardList;
  const bytes = await readFile(join(store.uri, shard.key));
  const [start, size] = [list.offsets[image]!, list.sizes[image]!];
  bytes.fill(byte, start, start + size);
  list.checksums[image] = Number.parseInt(sha256Of(bytes.subarray(start, start + size)).slice(0, 8), 16);
  shard.sha256 = list.sha256 = sha256Of(bytes);
  shard.listSha256 = sha256Of(JSON.stringify(list));
  await writeFile(join(store.uri, shard.key), bytes);
  await writeFile(join(store.uri, listFile), JSON.stringify(list));
  await writeFile(join(store.uri, 'index.json'), JSON.stringify(changed));
  return `${shard.key}/${list.names[image]}`;
}

describe('checkShards', () => {
  it('finds nothing wrong with what was packed, and decodes a sample or all of it', async () => {
    const report = { shards: index.shards.length, images, faults: 0 };
    expect((await check(whole)).report).toMatchObject({ ...report, imagesDecoded: 100 });
    expect((await check(whole, true)).report).toMatchObject({ ...report, imagesDecoded: images });
  });

  it('finds any changed byte of any shard, and names the image that it is in', async () => {
    const store = await copy();
    const place = fc.record({ shard: fc.nat(index.shards.length - 1), at: fc.double({ min: 0, max: 1, noNaN: true }) });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async ({ shard, at }, flip) => {
        const { key } = index.shards[shard]!;
        const kept = await readFile(join(store.uri, key));
        const spoilt = Buffer.from(kept);
        const byte = Math.floor(at * (kept.length - 1));
        spoilt[byte]! ^= flip;
        await writeFile(join(store.uri, key), spoilt);
        const { faults } = await check(store);
        await writeFile(join(store.uri, key), kept);
        const list = JSON.parse(
          await readFile(join(store.uri, `index/${key.replace('.tar', '.json')}`), 'utf8'),
        ) as ShardList;
        const hit = list.offsets.findIndex((offset, i) => byte >= offset && byte < offset + list.sizes[i]!);
        const where = hit < 0 ? '0 of its \\d+ images' : `1 of its \\d+ images, first ${list.names[hit]}`;
        expect(faults.at(-1)).toMatch(new RegExp(`^${key} has another checksum than in the index.*in ${where}$`));
      }),
      { numRuns: 12 },
    );
  });

  it('names every shard that is cut short, missing or new, and goes on', async () => {
    const store = await copy();
    await truncate(join(store.uri, 'train-000000.tar'), 1000);
    await store.delete('val-000000.tar');
    await store.put('test-0.tar', Buffer.from('x'));
    await store.put('classes.txt', Buffer.from('0\none\n'));
    expect((await check(store)).faults).toEqual([
      expect.stringMatching(/^train-000000\.tar is truncated: 1000 of \d+ bytes$/),
      'val-000000.tar is missing',
      'test-0.tar is not in the index, which is older',
      'classes.txt names other classes than the index',
    ]);
  });

  it('names an image that cannot be decoded though all sums are right', async () => {
    const store = await copy();
    const name = await replaceImage(store, 1, 3, 0);
    expect((await check(store, true)).faults).toEqual([
      `${name} cannot be decoded: it is neither JPEG, PNG, WebP nor GIF`,
    ]);
  });

  it('finds counts of classes that are not those of the shards', async () => {
    const store = await copy();
    const changed = structuredClone(index);
    changed.classes[1]!.val++;
    await store.put('index.json', Buffer.from(JSON.stringify(changed)));
    expect((await check(store)).faults).toEqual([
      expect.stringMatching(/^the lists of the shards have \d+ val images of class 1, and the index \d+$/),
    ]);
  });

  it('names a list of samples that is gone', async () => {
    const store = await copy();
    await store.delete('index/train-000001.json');
    expect((await check(store)).faults).toEqual([expect.stringMatching(/index\/train-000001\.json is missing/)]);
  });

  it.each<[string, (store: DirectoryStore) => Promise<unknown>]>([
    ['data.no-index', (store) => store.delete('index.json')],
    ['data.unfinished', (store) => store.put('packing.json', Buffer.from('{}'))],
    ['data.missing', ({ uri }) => rm(uri, { recursive: true })],
  ])('ends with %s where there is nothing to check against', async (code, spoil) => {
    const store = await copy();
    await spoil(store);
    await expect(check(store)).rejects.toMatchObject({ code });
  });
});
