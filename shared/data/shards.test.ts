import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryStore } from '../store/directory.ts';
import type { DataSet } from './data-set.ts';
import { openDataSet } from './open-data.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-shards-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Member = [name: string, content: Buffer | string];

async function tarOf(members: readonly Member[]): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of members) tar.entry({ name }, content);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

let folders = 0;
async function folderOf(files: Record<string, Buffer | string>): Promise<string> {
  const uri = join(root, `data-${folders++}`);
  const store = new DirectoryStore(uri);
  for (const [key, bytes] of Object.entries(files)) await store.put(key, Buffer.from(bytes));
  return uri;
}
const cacheDirectory = () => join(root, 'cache');
const open = (uri: string) => openDataSet(uri, { cacheDirectory: cacheDirectory() });

/** Images are random bytes here: only their place matters. A long name makes the tar carry an extended header. */
const images = Array.from({ length: 6 }, (_, i) => randomBytes([700, 0, 512, 1, 5000, 90_000][i]!));
const longName = `${'very/long/'.repeat(14)}name`;
const members: Member[] = [
  ['a.jpg', images[0]!],
  ['a.cls', '3'],
  ['a.json', '{"ignored": true}'],
  ['b.cls', '0\n'],
  ['b.PNG', images[1]!],
  [`${longName}.jpeg`, images[2]!],
  [`${longName}.cls`, '1'],
  ['notes.txt', 'ignored'],
  ['c.d.jpg', 'not an image of c: webdataset ends keys at the first dot'],
  ['e.webp', images[3]!],
  ['e.cls', '2'],
];

async function expectMembers(data: DataSet): Promise<void> {
  expect([...data.labels]).toEqual([3, 0, 1, 2, 1, 0]);
  expect([[...data.train], [...data.val]]).toEqual([
    [0, 1, 2, 3],
    [4, 5],
  ]);
  for (let i = 0; i < 6; i++) expect(Buffer.compare(await data.read(i), images[i]!)).toBe(0);
  expect(data.nameOf(2)).toBe(`train-0.tar/${longName}.jpeg`);
}

const valMembers: Member[] = [
  ['x.jpg', images[4]!],
  ['x.cls', '1'],
  ['y.jpg', images[5]!],
  ['y.cls', '0'],
];

describe('openDataSet on shards', () => {
  it('reads plain shards in place, and packed ones through the cache, as the same data set', async () => {
    const [train, test] = [await tarOf(members), await tarOf(valMembers)];
    const plain = await open(await folderOf({ 'train-0.tar': train, 'test-0.tar': test }));
    const packedUri = await folderOf({ 'train-0.tar.gz': gzipSync(train), 'test-0.tar.gz': gzipSync(test) });
    const packed = await open(packedUri);
    await expectMembers(plain);
    await expectMembers(packed);
    expect(packed.fingerprint).toBe(plain.fingerprint);
    const again = await open(packedUri);
    await expectMembers(again);
    expect(again.fingerprint).toBe(plain.fingerprint);
  });

  it('writes nothing where it has no cache, and does not unpack then', async () => {
    const train = await tarOf(members);
    const uri = await folderOf({ 'train-0.tar': train });
    const before = await readdir(root, { recursive: true });
    const plain = await openDataSet(uri, { cacheDirectory: null });
    expect(Buffer.compare(await plain.read(0), images[0]!)).toBe(0);
    expect(plain.fingerprint).toBe((await openDataSet(uri, { cacheDirectory: null })).fingerprint);
    expect(await readdir(root, { recursive: true })).toEqual(before);
    const packed = openDataSet(await folderOf({ 'train-0.tar.gz': gzipSync(train) }), { cacheDirectory: null });
    await expect(packed).rejects.toMatchObject({ code: 'data.cache' });
    await expect(packed).rejects.toThrow(/train-0.tar.gz .*FASTPATH_CACHE/);
  });

  it('makes a cache anew that lost its images, and leaves nothing half written', async () => {
    const uri = await folderOf({ 'train-0.tar.gz': gzipSync(await tarOf([...members.slice(0, 2), ...valMembers])) });
    await open(uri);
    const kept = join(cacheDirectory(), 'shards');
    for (const name of await readdir(kept)) if (name.endsWith('.images')) await writeFile(join(kept, name), 'short');
    expect(Buffer.compare(await (await open(uri)).read(0), images[0]!)).toBe(0);
    expect(await readdir(join(cacheDirectory(), 'unpacking'))).toEqual([]);
  });

  it('says so where the cache cannot be written', async () => {
    const [plain, packed] = [await tarOf(members), gzipSync(await tarOf(members))];
    const file = join(await folderOf({ file: 'x' }), 'file');
    for (const shard of [{ 'train-0.tar': plain }, { 'train-0.tar.gz': packed }]) {
      const opening = openDataSet(await folderOf(shard), { cacheDirectory: join(file, 'cache') });
      await expect(opening).rejects.toMatchObject({ code: 'data.cache' });
      await expect(opening).rejects.toThrow(/^Could not write the image cache at .*free space there/);
    }
  });

  it('takes val-* before test-*, orders shards by name, and reads class names', async () => {
    const one = await tarOf(valMembers);
    const data = await open(
      await folderOf({
        'train-0010.tar': one,
        'train-0002.tar.gz': gzipSync(one),
        'val-0.tar': await tarOf(valMembers.slice(0, 2)),
        'test-0.tar': one,
        'classes.txt': 'cat\ndog\nrare\n',
      }),
    );
    expect(data.classes).toEqual(['cat', 'dog', 'rare']);
    expect([data.train.length, data.val.length]).toEqual([4, 1]);
    expect(data.nameOf(0)).toBe('train-0002.tar/x.jpg');
    expect(data.nameOf(4)).toBe('val-0.tar/x.jpg');
  });

  it.each([
    ['data.shard', 'a shard cut short', async () => ({ 'train-7.tar': (await tarOf(members)).subarray(0, 3000) })],
    ['data.shard', 'no tar at all', async () => ({ 'train-7.tar': randomBytes(4096) })],
    ['data.shard', 'no gzip at all', async () => ({ 'train-7.tar.gz': await tarOf(members) })],
    [
      'data.shard',
      'a packed shard cut short',
      async () => ({ 'train-7.tar.gz': gzipSync(await tarOf(members)).subarray(0, 1500) }),
    ],
    ['data.label', 'an image without class', async () => ({ 'train-7.tar': await tarOf([['q.jpg', 'x']]) })],
    ['data.label', 'a class without image', async () => ({ 'train-7.tar': await tarOf([['q.cls', '1']]) })],
    [
      'data.label',
      'a class index that is none',
      async () => ({
        'train-7.tar': await tarOf([
          ['q.jpg', 'x'],
          ['q.cls', 'cat'],
        ]),
      }),
    ],
    ['data.no-images', 'no member of use', async () => ({ 'train-7.tar': await tarOf([['readme.txt', 'x']]) })],
    ['data.label', 'too few names', async () => ({ 'train-7.tar': await tarOf(valMembers), 'classes.txt': 'cat' })],
  ])('answers %s to %s, and names it', async (code, _what, files) => {
    const opening = open(await folderOf(await files()));
    await expect(opening).rejects.toMatchObject({ code });
    if (code !== 'data.no-images') await expect(opening).rejects.toThrow(/train-7\.tar|classes\.txt/);
  });
});
