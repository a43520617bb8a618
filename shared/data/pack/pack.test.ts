import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataIndexSchema, shardListSchema } from '../../contract/data-index.ts';
import { DirectoryStore } from '../../store/directory.ts';
import { checksumOf } from '../checksum.ts';
import { indexKey, listKey, sha256Of } from '../data-index.ts';
import { openDataSet } from '../open-data.ts';
import { openShards, shardsOf } from '../shards.ts';
import { emptyClasses } from './empty-classes.ts';
import { packDataSet } from './pack-data-set.ts';

let root: string;
/** Decodable images of different content and size. */
let pictures: Buffer[];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-pack-'));
  pictures = await Promise.all(
    Array.from({ length: 12 }, (_, i) => {
      const create = { width: 4 + i, height: 9, channels: 3, background: { r: 20 * i, g: 99, b: 7 } } as const;
      return i % 3 === 0 ? sharp({ create }).jpeg().toBuffer() : sharp({ create }).png().toBuffer();
    }),
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;
const newFolder = () => join(root, `data-${folders++}`);
async function folderOf(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const uri = newFolder();
  for (const [key, bytes] of Object.entries(files)) {
    const path = join(uri, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  return uri;
}
const open = (uri: string) => openDataSet(uri, { cacheDirectory: join(root, 'cache') });
const options = { seed: 3, shardBytes: 9000 };

/** Every object of a store but the work folder. */
async function contentOf(uri: string): Promise<Map<string, string>> {
  const store = new DirectoryStore(uri);
  const content = new Map<string, string>();
  for await (const { key } of store.list('')) content.set(key, sha256Of((await store.get(key))!.bytes));
  return content;
}

/** Class and content of each image of a split, sorted. */
async function imagesOf(uri: string, split: 'train' | 'val'): Promise<string[]> {
  const data = await open(uri);
  const images: string[] = [];
  for (const sample of data[split])
    images.push(`${data.classes[data.labels[sample]!]} ${sha256Of(await data.read(sample))}`);
  return images.sort();
}

/** Two classes at least, of any names that a folder can have; some images broken, base names alike. */
const folderArbitrary = fc
  .uniqueArray(
    fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
      fc.constantFrom('Ärger', '猫', 'a-b', 'a', 'a b', ' x ', 'n\nl'),
    ),
    { minLength: 2, maxLength: 5, selector: (name) => name.normalize('NFC') },
  )
  .map((names) => names.filter((name) => !/[/\\\0]|^\.|^train$|^val$/.test(name)))
  .filter((names) => names.length >= 2)
  .chain((classes) => {
    const file = fc.record({ split: fc.constantFrom('train', 'val'), picture: fc.nat(13), name: fc.nat(40) });
    return fc.tuple(
      fc.constant(classes),
      fc.tuple(...classes.map(() => fc.array(file, { minLength: 1, maxLength: 12 }))),
    );
  })
  .map(([classes, files]) => {
    const all: Record<string, Uint8Array> = {};
    classes.forEach((name, i) => {
      // Every class has a training image, or it is none.
      all[`train/${name}/first.jpg`] = pictures[i]!;
      for (const { split, picture, name: file } of files[i]!) {
        all[`${split}/${name}/${file}.${['JPEG', 'png', 'WebP'][picture % 3]}`] =
          pictures[picture] ?? Buffer.from('broken');
      }
    });
    return all;
  });

describe('packDataSet', () => {
  it('packs what can be decoded, each image once in its split and class, whatever the classes are called', async () => {
    await fc.assert(
      fc.asyncProperty(folderArbitrary, fc.integer({ min: 1, max: 30_000 }), async (files, shardBytes) => {
        const sourceUri = await folderOf(files);
        const source = await open(sourceUri);
        const broken = Object.values(files).filter((bytes) => bytes.length < 10).length;
        const target = new DirectoryStore(newFolder());
        const { index } = await packDataSet(source, target, { seed: 1, shardBytes });
        expect(index.leftOut.length).toBe(broken);
        expect(index.classes.map(({ name }) => name)).toEqual(source.classes);
        for (const split of ['train', 'val'] as const) {
          const whole = (await imagesOf(sourceUri, split)).filter((line) => !line.endsWith(sha256Of('broken')));
          expect(await imagesOf(target.uri, split)).toEqual(whole);
          expect(index.classes.reduce((sum, each) => sum + each[split], 0)).toBe(whole.length);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('writes shards that read the same with their index and without it', async () => {
    const source = await open(await folderOf(manyFiles()));
    const target = new DirectoryStore(newFolder());
    await packDataSet(source, target, options);
    const indexed = await open(target.uri);
    await target.delete(indexKey);
    const scanned = await open(target.uri);
    expect(indexed.fingerprint).toBe(scanned.fingerprint);
    for (let i = 0; i < scanned.labels.length; i++) {
      expect(Buffer.compare(await indexed.read(i), await scanned.read(i))).toBe(0);
    }
  });

  it('counts, sums and sizes each shard as it is', async () => {
    const target = new DirectoryStore(newFolder());
    const { index } = await packDataSet(await open(await folderOf(manyFiles())), target, options);
    expect(dataIndexSchema.parse(JSON.parse(await readFile(join(target.uri, indexKey), 'utf8')))).toEqual(index);
    expect(index.shards.length).toBeGreaterThan(4);
    for (const { key, bytes, sha256, samples } of index.shards) {
      const shard = (await target.get(key))!.bytes;
      expect([shard.length, sha256Of(shard)]).toEqual([bytes, sha256]);
      expect(bytes).toBeLessThanOrEqual(options.shardBytes);
      const list = shardListSchema.parse(JSON.parse(await readFile(join(target.uri, listKey(key)), 'utf8')));
      expect(list.names.length).toBe(samples);
      list.checksums.forEach((checksum, i) => {
        expect(checksumOf(shard.subarray(list.offsets[i]!, list.offsets[i]! + list.sizes[i]!))).toBe(checksum);
      });
    }
  });

  it('ends with the same bytes wherever it was cut, and writes no finished shard again', async () => {
    const source = await open(await folderOf(manyFiles(24)));
    const whole = new DirectoryStore(newFolder());
    await packDataSet(source, whole, options);
    const expected = await contentOf(whole.uri);
    for (let writes = 0; ; writes++) {
      const uri = newFolder();
      const cut = new CutStore(uri, writes);
      const ended = await packDataSet(source, cut, options).catch((error: Error) => error.message);
      if (ended !== 'cut') break;
      const before = await contentOf(uri);
      // Not before packing ended is it taken for a data set.
      if (before.size > 0) await expect(open(uri)).rejects.toMatchObject({ code: 'data.unfinished' });
      const again = new CutStore(uri, Number.POSITIVE_INFINITY);
      await packDataSet(source, again, options);
      expect(await contentOf(uri)).toEqual(expected);
      const finished = [...before.keys()].filter((key) => key.startsWith('index/')).length;
      expect(again.written.filter((key) => key.endsWith('.tar')).length).toBe(expectedShards(expected) - finished);
    }
  });

  it('writes nothing where all is packed, and refuses other things that lie there', async () => {
    const files = manyFiles();
    const sourceUri = await folderOf(files);
    const target = new DirectoryStore(newFolder());
    await packDataSet(await open(sourceUri), target, options);
    const before = await contentOf(target.uri);
    expect((await packDataSet(await open(sourceUri), target, options)).shardsWritten).toBe(0);
    const refused = { code: 'pack.target' };
    await expect(packDataSet(await open(sourceUri), target, { ...options, seed: 4 })).rejects.toMatchObject(refused);
    await new DirectoryStore(sourceUri).put('train/new/1.png', pictures[1]!);
    await expect(packDataSet(await open(sourceUri), target, options)).rejects.toMatchObject(refused);
    expect(await contentOf(target.uri)).toEqual(before);
    const other = new DirectoryStore(await folderOf({ 'train-000000.tar': Buffer.from('mine') }));
    await expect(packDataSet(await open(sourceUri), other, options)).rejects.toMatchObject(refused);
    expect((await contentOf(other.uri)).size).toBe(1);
  });

  it('ends where too many images cannot be decoded, and names the first', async () => {
    const files = manyFiles();
    for (const key of Object.keys(files).slice(0, 11)) files[key] = Buffer.from('broken');
    const packing = packDataSet(await open(await folderOf(files)), new DirectoryStore(newFolder()), options);
    await expect(packing).rejects.toMatchObject({ code: 'data.too-many-skipped' });
    await expect(packing).rejects.toThrow(/First: train\/\S+ \(it is neither JPEG, PNG, WebP nor GIF\)/);
  });

  it('ends at an image that cannot be read or has changed, and names it', async () => {
    const uri = await folderOf(manyFiles());
    const source = await open(uri);
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall: 'open' });
    const closed = { ...source, read: () => Promise.reject(denied) };
    const packing = packDataSet(closed, new DirectoryStore(newFolder()), options);
    await expect(packing).rejects.toMatchObject({ code: 'data.unreadable' });
    await expect(packing).rejects.toThrow(/^(train|val)\/\S+ in .* cannot be read \(EACCES\): see to it/);
    await appendFile(join(uri, source.nameOf(7)), 'more');
    const target = new DirectoryStore(newFolder());
    await expect(packDataSet(source, target, options)).rejects.toMatchObject({ code: 'data.changed' });
    await expect(open(target.uri)).rejects.toMatchObject({ code: 'data.unfinished' });
  });

  it('names folders that are no classes because they hold no image', async () => {
    const uri = await folderOf({ ...manyFiles(), 'train/notes/a.txt': Buffer.from('a') });
    expect(await emptyClasses(await open(uri))).toEqual(['notes']);
  });
});

describe('openDataSet on packed shards', () => {
  let whole: DirectoryStore;
  beforeAll(async () => {
    whole = new DirectoryStore(newFolder());
    await packDataSet(await open(await folderOf(manyFiles())), whole, options);
  });
  /** A copy, to spoil. */
  async function packed(): Promise<DirectoryStore> {
    const uri = newFolder();
    await cp(whole.uri, uri, { recursive: true });
    return new DirectoryStore(uri);
  }

  it.each<[string, string, RegExp, (store: DirectoryStore) => Promise<unknown>]>([
    [
      'data.index-old',
      'a shard is missing',
      /train-000001\.tar is missing/,
      (store) => store.delete('train-000001.tar'),
    ],
    [
      'data.index-old',
      'a shard is truncated',
      /train-000001\.tar is truncated: 2000 of \d+ bytes/,
      ({ uri }) => truncate(join(uri, 'train-000001.tar'), 2000),
    ],
    [
      'data.index-old',
      'a shard came later',
      /train-9\.tar is not in the index, which is older/,
      (store) => store.put('train-9.tar', Buffer.from('x')),
    ],
    [
      'data.classes',
      'the classes changed',
      /classes\.txt .* names other classes than index\.json/,
      (store) => store.put('classes.txt', Buffer.from('a\nb\n')),
    ],
    [
      'data.index',
      'a list of samples is another',
      /index\/train-000000\.json is not the one that index\.json names/,
      (store) => store.put('index/train-000000.json', Buffer.from('{}')),
    ],
    [
      'data.index',
      'a list of samples is gone',
      /index\/train-000000\.json is missing/,
      (store) => store.delete('index/train-000000.json'),
    ],
    [
      'data.index',
      'the index is cut short',
      /index\.json cannot be read/,
      ({ uri }) => truncate(join(uri, 'index.json'), 300),
    ],
  ])('answers %s where %s', async (code, _what, message, spoil) => {
    const store = await packed();
    await spoil(store);
    const opening = open(store.uri);
    await expect(opening).rejects.toMatchObject({ code, retry: false });
    await expect(opening).rejects.toThrow(message);
  });

  it('reads no shard to open them', async () => {
    const read: string[] = [];
    class Watched extends DirectoryStore {
      override getStream(key: string) {
        read.push(key);
        return super.getStream(key);
      }
      override getRange(key: string, start: number, length: number) {
        read.push(key);
        return super.getRange(key, start, length);
      }
    }
    const store = new Watched(whole.uri);
    const data = await openShards(store, await shardsOf(store, 'train'), join(root, 'no-cache'));
    expect(data.labels.length).toBe(66);
    expect(read.filter((key) => key.endsWith('.tar'))).toEqual([]);
    expect(existsSync(join(root, 'no-cache'))).toBe(false);
    await data.read(0);
    expect(read.filter((key) => key.endsWith('.tar')).length).toBe(1);
  });

  it('names an image whose bytes are not those that were packed, when it is read', async () => {
    const { uri } = await packed();
    const data = await open(uri);
    const shard = await readFile(join(uri, 'train-000002.tar'));
    shard[512 + 40]! ^= 1;
    await writeFile(join(uri, 'train-000002.tar'), shard);
    const damaged = data.train.find((sample) => data.nameOf(sample).startsWith('train-000002.tar/'))!;
    await expect(data.read(damaged)).rejects.toMatchObject({ code: 'data.checksum', retry: false });
    await expect(data.read(damaged)).rejects.toThrow(/^train-000002\.tar\/\d{8}\.(jpg|png) in .* is damaged/);
    await data.read(damaged + 1);
  });

  it('passes over an index.json of another tool', async () => {
    const store = await packed();
    await store.put('index.json', Buffer.from('{"__kind__": "wids-shard-index-v1"}'));
    expect((await open(store.uri)).train.length).toBe(60);
  });
});

/** Training images and 6 held-out ones, of three classes. */
function manyFiles(train = 60): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < train + 6; i++) {
    const split = i < train ? 'train' : 'val';
    files[`${split}/${['Ärger', '猫', 'b'][i % 3]}/${i}.png`] = pictures[i % 12]!;
  }
  return files;
}

function expectedShards(content: Map<string, string>): number {
  return [...content.keys()].filter((key) => key.endsWith('.tar')).length;
}

/** A directory that a process dies on: after so many writes and deletions no other happens. */
class CutStore extends DirectoryStore {
  readonly written: string[] = [];

  constructor(
    uri: string,
    private left: number,
  ) {
    super(uri);
  }

  override async put(...[key, content, condition]: Parameters<DirectoryStore['put']>) {
    if (this.left-- <= 0) throw new Error('cut');
    this.written.push(key);
    return super.put(key, content, condition);
  }

  override async delete(key: string): Promise<void> {
    if (this.left-- <= 0) throw new Error('cut');
    return super.delete(key);
  }
}
