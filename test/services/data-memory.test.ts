import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLoader } from '../../batch/data/batches.ts';
import { PixelCache } from '../../batch/data/pixel-cache.ts';
import { drawSynthetic } from '../../batch/data/synthetic-picture.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { SampleIndex } from '../../shared/data/sample-index.ts';
import { type ShardSample, writeShard } from '../../shared/data/write-shards.ts';
import { Random } from '../../shared/random.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';

const shards = 20;
const perShard = 5000;
/** So many pictures are drawn, and stand again and again under other names: what is tested is memory. */
const distinct = 500;
const mebibyte = 1 << 20;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-memory-'));
  const pictures = await Promise.all(
    Array.from({ length: distinct }, (_, i) =>
      sharp(drawSynthetic(i % 10, 32, Random.named(i, 'memory')), { raw: { width: 32, height: 32, channels: 3 } })
        .png()
        .toBuffer(),
    ),
  );
  const store = new DirectoryStore(join(root, 'data'));
  for (let shard = 0; shard < shards; shard++) {
    const samples = Array.from(
      { length: perShard },
      (_, i): ShardSample => ({
        key: `sample-${shard * perShard + i}`,
        ending: 'png',
        image: pictures[i % distinct]!,
        label: i % 10,
      }),
    );
    await writeShard(store, `train-${String(shard).padStart(4, '0')}.tar`, samples);
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

it('walks through 100,000 samples in memory bounded by its cache and a few batches', async () => {
  const data = await openDataSet(join(root, 'data'), { cacheDirectory: join(root, 'cache') });
  expect(data.train.length).toBe(shards * perShard);
  const encodedBytes = data.sizes.reduce((sum, size) => sum + size, 0);
  const loader = createLoader({
    dataSet: data,
    samples: data.train,
    resolution: 32,
    batchSize: 250,
    seed: 1,
    augment: true,
    streamName: 'memory',
    cache: new PixelCache(16 * mebibyte),
  });
  const resident: number[] = [];
  for (let batch = 0; batch < loader.batchesPerEpoch; batch++) {
    expect((await loader.get(0, batch)).labels.length).toBe(250);
    if (batch % 20 === 0) resident.push(process.memoryUsage().rss / mebibyte);
  }
  await loader.close();
  // The cache is full after a twentieth of the epoch; what comes later may not stay.
  const settled = Math.max(...resident.slice(2, 6));
  const growth = Math.max(...resident.slice(6)) - settled;
  console.log(
    `encoded ${(encodedBytes / mebibyte).toFixed(0)} MiB, decoded ${((data.train.length * 3072) / mebibyte).toFixed(0)} MiB; ` +
      `resident set: ${resident[0]!.toFixed(0)} MiB at the start, at most ${settled.toFixed(0)} MiB in the first quarter, ` +
      `then ${growth.toFixed(0)} MiB more`,
  );
  expect(growth).toBeLessThan(64);
}, 600_000);

it('indexes 1.3 million samples in under 120 MB', () => {
  const index = new SampleIndex();
  const before = process.memoryUsage().arrayBuffers;
  const count = 1_300_000;
  for (let i = 0; i < count; i++) {
    if (i % 1300 === 0) index.addSource(`train/n${10_000_000 + i}/`);
    const source = Math.floor(i / 1300);
    index.add({ source, name: `n${10_000_000 + source}_${i}.JPEG`, offset: 0, size: 100_000, label: source % 1000 });
  }
  const { labels, sizes } = index.finish();
  const bytes = process.memoryUsage().arrayBuffers - before;
  console.log(`index of ${count} samples: ${(bytes / 1e6).toFixed(0)} MB`);
  expect([labels.length, sizes.length]).toEqual([count, count]);
  expect(index.nameOf(1_299_999)).toBe('train/n11298700/n10000999_1299999.JPEG');
  expect(bytes).toBeLessThan(120e6);
});
