import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSet } from '../../shared/data/data-set.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { writeShard } from '../../shared/data/write-shards.ts';
import { Random } from '../../shared/random.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { BatchOptions } from './batch-maker.ts';
import { createLoader, type Loader } from './batches.ts';
import { Feed } from './feed.ts';
import { FeedThread } from './feed-thread.ts';
import { writeSynthetic } from './synthetic.ts';

let root: string;
let cacheDirectory: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-feed-'));
  cacheDirectory = join(root, 'cache');
  await writeSynthetic(new DirectoryStore(join(root, 'good')), { seed: 5, train: 150, val: 34 });
  await writeImages('skipping', (i) => i % 150 === 7);
  await writeImages('broken', (i) => i % 90 === 7);
  await writeImages('hopeless', (i) => i % 3 === 1);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** 300 images of 3 classes and of several sizes, some of them broken. */
async function writeImages(name: string, broken: (number: number) => boolean): Promise<void> {
  const image = async (i: number) => {
    const random = Random.named(i, 'image');
    const pixels = Uint8Array.from({ length: 6 * 5 * 3 }, () => random.below(256));
    // Some are cropped by libvips, most are small and kept.
    const side = [24, 40, 33][i % 10] ?? (i % 10 === 5 ? 140 : 28);
    return sharp(pixels, { raw: { width: 6, height: 5, channels: 3 } })
      .resize(side, side - 3)
      .jpeg()
      .toBuffer();
  };
  const samples = await Promise.all(
    Array.from({ length: 300 }, async (_, i) => ({
      key: `image-${i}`,
      ending: 'jpg',
      image: broken(i) ? Buffer.from('<html>') : await image(i),
      label: i % 3,
    })),
  );
  await writeShard(new DirectoryStore(join(root, name)), 'train-0000.tar', samples);
}

const optionsOf = ({ train }: Pick<DataSet, 'train'>, more: Partial<BatchOptions> = {}): BatchOptions => ({
  samples: train,
  resolution: 16,
  batchSize: 16,
  seed: 3,
  augment: true,
  streamName: 'weights',
  ...more,
});

/** The same loader twice: in a thread, and here. */
async function withBoth(
  name: string,
  more: Partial<BatchOptions>,
  use: (fed: Loader, own: Loader) => Promise<void>,
): Promise<void> {
  const uri = join(root, name);
  const feed = await Feed.open(uri, { cacheDirectory });
  try {
    const dataSet = await openDataSet(uri, { cacheDirectory });
    const own = createLoader({ dataSet, ...optionsOf(dataSet, more) });
    await use(feed.loader(optionsOf(feed.dataSet, more)), own);
    await own.close();
  } finally {
    await feed.close();
  }
}

const sha1 = (images: Float32Array) => createHash('sha1').update(images).digest('hex');

/** What a call comes to, errors included. */
const outcomeOf = (loader: Loader, epoch: number, batch: number) =>
  loader.get(epoch, batch).then(
    ({ images, labels, skipped }) => ({ sha1: sha1(images), labels: [...labels], skipped }),
    ({ name, code, message, retry }) => ({ name, code, message, retry }),
  );

describe('a feed', () => {
  it('knows of the data set what is known here', async () => {
    const feed = await Feed.open(join(root, 'good'), { cacheDirectory });
    const { uri, kind, classes, labels, train, val, fingerprint } = await openDataSet(join(root, 'good'), {
      cacheDirectory,
    });
    expect(feed.dataSet).toEqual({ uri, kind, classes, labels, train, val, fingerprint });
    await feed.close();
  });

  it.each([
    ['good', {}],
    ['good', { augment: false, shuffle: false }],
    ['skipping', {}],
    ['skipping', { shuffle: false, batchSize: 64 }],
    ['broken', { shuffle: false }],
    ['hopeless', {}],
  ] as [string, Partial<BatchOptions>][])(
    'gives what a loader in this thread gives, batch or error, in whatever order: %s %o',
    async (name, more) => {
      const order = fc.array(fc.nat(26), { minLength: 1, maxLength: 8 });
      const onwards = fc.nat(8).map((from) => Array.from({ length: 22 }, (_, i) => from + i));
      await fc.assert(
        fc.asyncProperty(fc.oneof(order, onwards), (positions) =>
          withBoth(name, more, async (fed, own) => {
            expect([fed.batchesPerEpoch, fed.batchSize, fed.resolution]).toEqual([
              own.batchesPerEpoch,
              own.batchSize,
              16,
            ]);
            for (const position of positions) {
              const at = [Math.floor(position / own.batchesPerEpoch), position % own.batchesPerEpoch] as const;
              expect(await outcomeOf(fed, ...at)).toEqual(await outcomeOf(own, ...at));
            }
          }),
        ),
        { numRuns: 4 },
      );
    },
  );

  it('meets each kind of trouble in the images above', async () => {
    const outcomes = async (name: string) => {
      const feed = await Feed.open(join(root, name), { cacheDirectory });
      const loader = feed.loader(optionsOf(feed.dataSet, { shuffle: false }));
      const all = [];
      for (let batch = 0; batch < loader.batchesPerEpoch; batch++) all.push(await outcomeOf(loader, 0, batch));
      await feed.close();
      return all;
    };
    expect(await outcomes('skipping')).toContainEqual(expect.objectContaining({ skipped: 1 }));
    expect(await outcomes('broken')).toContainEqual(expect.objectContaining({ code: 'data.too-many-skipped' }));
    expect(await outcomes('hopeless')).toContainEqual(expect.objectContaining({ code: 'data.undecodable' }));
  });

  it('gives the same into memory that was given back', () =>
    withBoth('good', {}, async (fed, own) => {
      for (let i = 0; i < 8; i++) {
        const { images } = await fed.get(1, i);
        expect(sha1(images)).toBe(sha1((await own.get(1, i)).images));
        fed.recycle(images);
        expect(images.length).toBe(0);
        fed.recycle(images);
      }
    }));

  it('gives several loaders their own batches, asked at once', async () => {
    const feed = await Feed.open(join(root, 'good'), { cacheDirectory });
    const dataSet = await openDataSet(join(root, 'good'), { cacheDirectory });
    const names = ['a', 'b', 'c'];
    const loaders = names.map((streamName) => feed.loader(optionsOf(feed.dataSet, { streamName })));
    const got = await Promise.all(loaders.map((loader) => outcomeOf(loader, 1, 2)));
    for (const [i, streamName] of names.entries()) {
      const own = createLoader({ dataSet, ...optionsOf(dataSet, { streamName }) });
      expect(got[i]).toEqual(await outcomeOf(own, 1, 2));
      await own.close();
    }
    await feed.close();
  });

  it('throws what opening throws', async () => {
    const opening = Feed.open(join(root, 'nowhere'), { cacheDirectory });
    await expect(opening).rejects.toMatchObject({ name: 'FastpathError', code: 'data.missing', retry: false });
    await expect(opening).rejects.toThrow(/There is no data folder .*nowhere: check the path/);
  });

  it('says what to run where it was not built', async () => {
    const opening = Feed.open(join(root, 'good'), { cacheDirectory }, null, join(root, 'loader-thread.js'));
    await expect(opening).rejects.toMatchObject({ code: 'data.thread-missing' });
    await expect(opening).rejects.toThrow(/run: npm run build$/);
  });

  it('refuses no samples, and a closed loader', async () => {
    const feed = await Feed.open(join(root, 'good'), { cacheDirectory });
    expect(() => feed.loader(optionsOf({ train: new Uint32Array(0) }))).toThrow(/No samples/);
    const loader = feed.loader(optionsOf(feed.dataSet));
    await loader.get(0, 0);
    await loader.close();
    await expect(loader.get(0, 1)).rejects.toThrow(/closed/);
    const other = feed.loader(optionsOf(feed.dataSet));
    const waiting = other.get(0, 0);
    await feed.close();
    await expect(waiting).rejects.toMatchObject({ code: 'data.thread-ended' });
    await expect(other.get(0, 1)).rejects.toThrow(/is closed/);
  });
});

describe('a thread that ends early', () => {
  const opened = `
    import { parentPort } from 'node:worker_threads';
    parentPort.postMessage({ call: 0, value: { uri: 'here', labels: new Uint16Array(8) } });
    parentPort.on('message', ({ kind }) => { if (kind === 'make') fate(); });`;
  const fileOf = async (code: string) => {
    const file = join(root, `${randomUUID()}.mjs`);
    await writeFile(file, code);
    return file;
  };
  const feedOf = async (code: string) => Feed.open('here', { cacheDirectory }, null, await fileOf(code));

  it.each([
    ['exits', 'process.exit(3)', /of here ended \(exit code 3\): start it again/],
    ['throws', "throw new Error('no luck')", /ended \(no luck\): start it again/],
  ])('and %s is told to all that wait, and to all that ask later', async (_, fate, told) => {
    const feed = await feedOf(`${opened} function fate() { ${fate} }`);
    const loader = feed.loader(optionsOf({ train: new Uint32Array(8) }, { batchSize: 4 }));
    const error = {
      name: 'FastpathError',
      code: 'data.thread-ended',
      retry: true,
      message: expect.stringMatching(told),
    };
    await expect(loader.get(0, 0)).rejects.toMatchObject(error);
    await expect(loader.get(0, 1)).rejects.toMatchObject(error);
    await loader.close();
    await feed.close();
  });

  it('that has filled its memory is told with what to do', async () => {
    const file = await fileOf(`${opened} function fate() { for (const kept = []; ; ) kept.push([kept.length]); }`);
    const thread = new FeedThread('here', new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: 16 } }));
    await expect(thread.make(0, 0)).rejects.toThrow(/of here ended \(.*memory.*\): give it more memory/);
    await thread.end();
  });

  it('is told where it ends before it opened anything', async () => {
    await expect(feedOf('process.exit(0)')).rejects.toMatchObject({ code: 'data.thread-ended' });
  });
});
