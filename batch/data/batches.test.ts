import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSet } from '../../shared/data/data-set.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { range } from '../../shared/data/sample-index.ts';
import { Random } from '../../shared/random.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { type Batch, createLoader, type LoaderOptions } from './batches.ts';
import { PixelCache } from './pixel-cache.ts';
import { writeSynthetic } from './synthetic.ts';

let root: string;
let small: DataSet;
let mixed: DataSet;

/** A data set in memory: 3 classes, class by number modulo 3. */
function inMemory(images: readonly Uint8Array[]): DataSet {
  return {
    uri: 'memory',
    kind: 'folder',
    classes: ['a', 'b', 'c'],
    labels: Uint16Array.from(images, (_, i) => i % 3),
    sizes: Uint32Array.from(images, (image) => image.length),
    train: range(0, images.length),
    val: new Uint32Array(0),
    fingerprint: '',
    nameOf: (sample) => `image-${sample}`,
    read: async (sample) => images[sample]!,
  };
}

async function noiseImage(number: number, width: number, height: number): Promise<Buffer> {
  const random = Random.named(number, 'image');
  const coarse = Uint8Array.from({ length: 8 * 8 * 3 }, () => random.below(256));
  return sharp(coarse, { raw: { width: 8, height: 8, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .jpeg()
    .toBuffer();
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-batches-'));
  await writeSynthetic(new DirectoryStore(join(root, 'synthetic')), { seed: 5, train: 120, val: 30 });
  small = await openDataSet(join(root, 'synthetic'), { cacheDirectory: join(root, 'cache') });
  const sizes = [
    [30, 40],
    [200, 150],
    [129, 20],
    [300, 300],
  ];
  mixed = inMemory(
    await Promise.all(Array.from({ length: 24 }, (_, i) => noiseImage(i, sizes[i % 4]![0]!, sizes[i % 4]![1]!))),
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

function loaderOf(options: Partial<LoaderOptions> & { dataSet: DataSet }) {
  return createLoader({
    samples: options.dataSet.train,
    resolution: 16,
    batchSize: 8,
    seed: 1,
    augment: true,
    streamName: 'weights',
    ...options,
  });
}

const bytesOf = ({ images, labels }: Batch) => Buffer.concat([Buffer.from(images.buffer), Buffer.from(labels.buffer)]);

describe('createLoader', () => {
  it.each([
    ['small images', () => small],
    ['images of all sizes', () => mixed],
  ])('gives the same bytes for (seed, epoch, batch) whatever was asked before: %s', async (_name, dataSet) => {
    const inOrder = loaderOf({ dataSet: dataSet() });
    const { batchesPerEpoch } = inOrder;
    const expected: Buffer[] = [];
    for (let i = 0; i < 3 * batchesPerEpoch; i++) {
      expected.push(bytesOf(await inOrder.get(Math.floor(i / batchesPerEpoch), i % batchesPerEpoch)));
    }
    expect(new Set(expected.map((bytes) => bytes.toString('base64'))).size).toBe(expected.length);
    const jumps = fc.array(fc.nat(3 * batchesPerEpoch - 1), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(jumps, fc.nat(3), fc.constantFrom(0, 20_000, 1 << 20), async (order, prefetch, cacheBytes) => {
        const loader = loaderOf({ dataSet: dataSet(), prefetch, cache: new PixelCache(cacheBytes) });
        for (const i of order) {
          const batch = await loader.get(Math.floor(i / batchesPerEpoch), i % batchesPerEpoch);
          expect(bytesOf(batch).equals(expected[i]!)).toBe(true);
        }
        await loader.close();
      }),
      { numRuns: 12 },
    );
    const other = loaderOf({ dataSet: dataSet(), seed: 2 });
    expect(bytesOf(await other.get(0, 0)).equals(expected[0]!)).toBe(false);
  });

  it('gives the same bytes into memory that was given back', async () => {
    const [fresh, recycling] = [loaderOf({ dataSet: mixed }), loaderOf({ dataSet: mixed })];
    const seen = new Set<Float32Array>();
    for (let i = 0; i < 9; i++) {
      const [epoch, batch] = [Math.floor(i / 3), i % 3];
      const made = await recycling.get(epoch, batch);
      expect(bytesOf(made).equals(bytesOf(await fresh.get(epoch, batch)))).toBe(true);
      seen.add(made.images);
      made.images.fill(Number.NaN);
      recycling.recycle(made.images);
    }
    expect(seen.size).toBe(1);
    await Promise.all([fresh.close(), recycling.close()]);
    recycling.recycle(new Float32Array(3));
  });

  it('shows each sample once an epoch, in another order each epoch and for each stream', async () => {
    // The image says which sample it is: one grey level each, so that the mean of a view is its number.
    const levels = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 9 * i, g: 9 * i, b: 9 * i } } })
          .png()
          .toBuffer(),
      ),
    );
    const dataSet = inMemory(levels);
    const orderOf = async (epoch: number, streamName: string) => {
      const loader = loaderOf({
        dataSet,
        samples: range(2, 24),
        augment: false,
        streamName,
        batchSize: 5,
        resolution: 4,
      });
      expect(loader.batchesPerEpoch).toBe(4);
      const order: number[] = [];
      for (let batch = 0; batch < 4; batch++) {
        const { images, labels } = await loader.get(epoch, batch);
        for (let i = 0; i < 5; i++) {
          const level = (images[i * 48]! * 0.229 + 0.485) * 255;
          order.push(Math.round(level / 9));
          expect(labels[i]).toBe(Math.round(level / 9) % 3);
        }
      }
      await loader.close();
      expect(new Set(order).size).toBe(20);
      expect(Math.min(...order)).toBeGreaterThanOrEqual(2);
      return order;
    };
    const orders = [await orderOf(0, 'x'), await orderOf(1, 'x'), await orderOf(0, 'y')];
    expect(await orderOf(0, 'x')).toEqual(orders[0]);
    expect(new Set(orders.map(String)).size).toBe(3);
  });

  it('goes in order without shuffling, last batch smaller, and shows the centre unchanged', async () => {
    const loader = loaderOf({ dataSet: small, samples: small.val, augment: false, shuffle: false, resolution: 32 });
    expect(loader.batchesPerEpoch).toBe(4);
    const last = await loader.get(0, 3);
    expect([...last.labels]).toEqual([...small.labels.subarray(144)]);
    expect(last.images.length).toBe(6 * 32 * 32 * 3);
    const { data } = await sharp(await small.read(144))
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (let i = 0; i < 3072; i++) {
      const [mean, deviation] = [
        [0.485, 0.229],
        [0.456, 0.224],
        [0.406, 0.225],
      ][i % 3] as [number, number];
      expect(Math.abs(last.images[i]! - (data[i]! / 255 - mean) / deviation)).toBeLessThan(1e-4);
    }
    await loader.close();
  });

  it('puts another image of the class in the place of one that cannot be decoded, the same each time, and counts', async () => {
    const images = await Promise.all(Array.from({ length: 303 }, (_, i) => noiseImage(i, 24, 24)));
    images[7] = images[7]!.subarray(0, 200);
    images[100] = Buffer.alloc(0);
    const dataSet = inMemory(images);
    const epoch = async () => {
      const loader = loaderOf({ dataSet, batchSize: 101 });
      let skipped = 0;
      const all: Buffer[] = [];
      for (let batch = 0; batch < 3; batch++) {
        const got = await loader.get(0, batch);
        skipped += got.skipped;
        all.push(bytesOf(got));
        const byClass = [0, 1, 2].map((label) => got.labels.filter((value) => value === label).length);
        expect(byClass.reduce((a, b) => a + b)).toBe(101);
      }
      await loader.close();
      return { skipped, bytes: Buffer.concat(all) };
    };
    const first = await epoch();
    expect(first.skipped).toBe(2);
    expect((await epoch()).bytes.equals(first.bytes)).toBe(true);
  });

  it('ends the run where more than 1 % cannot be decoded, at the end of the epoch, and names the first', async () => {
    const images = await Promise.all(Array.from({ length: 200 }, (_, i) => noiseImage(i, 24, 24)));
    for (const bad of [5, 60, 150]) images[bad] = Buffer.from('<html>');
    const loader = loaderOf({ dataSet: inMemory(images), batchSize: 50, shuffle: false });
    for (let batch = 0; batch < 3; batch++) await loader.get(0, batch);
    const ending = loader.get(0, 3);
    await expect(ending).rejects.toMatchObject({ code: 'data.too-many-skipped' });
    await expect(ending).rejects.toThrow(/3 of 200 .*image-5 \(it is neither JPEG.*image-60.*image-150/);
    await loader.close();
  });

  it('ends the run early where far more than 1 % cannot be decoded, but not for two unlucky images', async () => {
    const images = await Promise.all(Array.from({ length: 600 }, (_, i) => noiseImage(i, 24, 24)));
    for (const bad of [1, 2]) images[bad] = Buffer.alloc(0);
    const lucky = loaderOf({ dataSet: inMemory(images), batchSize: 100, shuffle: false });
    for (let batch = 0; batch < 6; batch++) await lucky.get(0, batch);
    await lucky.close();
    for (let bad = 1; bad < 150; bad += 15) images[bad] = Buffer.alloc(0);
    const unlucky = loaderOf({ dataSet: inMemory(images), batchSize: 100, shuffle: false });
    await expect(unlucky.get(0, 0)).rejects.toMatchObject({ code: 'data.too-many-skipped' });
    await unlucky.close();
  });

  it('says so where a whole class cannot be decoded', async () => {
    const images = await Promise.all(Array.from({ length: 12 }, (_, i) => noiseImage(i, 24, 24)));
    const dataSet = inMemory(images.map((image, i) => (i % 3 === 1 ? Buffer.alloc(0) : image)));
    const loader = loaderOf({ dataSet, batchSize: 12 });
    await expect(loader.get(0, 0)).rejects.toMatchObject({ code: 'data.undecodable' });
    await loader.close();
  });

  it('refuses no samples, batches that are none, and a closed loader', async () => {
    expect(() => loaderOf({ dataSet: small, samples: new Uint32Array(0) })).toThrow(/No samples/);
    const loader = loaderOf({ dataSet: small });
    await expect(loader.get(0, loader.batchesPerEpoch)).rejects.toThrow(RangeError);
    await loader.close();
    await expect(loader.get(0, 0)).rejects.toThrow(/closed/);
  });

  it('passes on what goes wrong in reading, at the batch that it concerns', async () => {
    const images = await Promise.all(Array.from({ length: 24 }, (_, i) => noiseImage(i, 24, 24)));
    const dataSet = inMemory(images);
    const failing: DataSet = {
      ...dataSet,
      read: (sample) => (sample === 20 ? Promise.reject(new Error('connection lost')) : dataSet.read(sample)),
    };
    const loader = loaderOf({ dataSet: failing, shuffle: false });
    await loader.get(0, 0);
    await loader.get(0, 1);
    await expect(loader.get(0, 2)).rejects.toThrow('connection lost');
    await loader.close();
  });
});
