import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLoader } from '../../batch/data/batches.ts';
import { splitTraining } from '../../batch/data/split.ts';
import type { DataSet } from '../../shared/data/data-set.ts';
import { openDataSet } from '../../shared/data/open-data.ts';

const root = resolve(import.meta.dirname, '../..');
const dataRoot = resolve(root, process.env.FASTPATH_TEST_DATA ?? '../shared/data');
let cacheDirectory: string;

beforeAll(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), 'fastpath-real-'));
});
afterAll(() => rm(cacheDirectory, { recursive: true, force: true }));

function open(name: string): Promise<DataSet> {
  const path = join(dataRoot, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: put the data set there or set FASTPATH_TEST_DATA.`);
  return openDataSet(path, { cacheDirectory });
}

const labelCounts = (dataSet: DataSet, samples: Uint32Array) => {
  const counts = dataSet.classes.map(() => 0);
  for (const sample of samples) counts[dataSet.labels[sample]!]!++;
  return counts;
};

/** Mean of each channel over all values in 0…1, from normalised images. */
function channelMeans(images: readonly Float32Array[]): number[] {
  const sums = [0, 0, 0];
  let count = 0;
  for (const batch of images) {
    for (let i = 0; i < batch.length; i++) sums[i % 3]! += batch[i]!;
    count += batch.length / 3;
  }
  return sums.map((sum, c) => (sum / count) * [0.229, 0.224, 0.225][c]! + [0.485, 0.456, 0.406][c]!);
}

describe('CIFAR-10 in packed shards', () => {
  it('opens balanced, splits 10 %, and has the channel means that its README states', async () => {
    const data = await open('cifar10');
    expect([data.classes.length, data.train.length, data.val.length]).toEqual([10, 50_000, 10_000]);
    expect(new Set(labelCounts(data, data.train))).toEqual(new Set([5000]));
    for (let i = 0; i < data.train.length; i += 997) expect(data.nameOf(i)).toMatch(/train-000\d\.tar\/train-[a-z]+-/);
    const { weights, pathLogits } = splitTraining(data, 1);
    expect([weights.length, pathLogits.length]).toEqual([45_000, 5000]);
    const samples = data.train.filter((_, i) => i % 20 === 0);
    const loader = createLoader({
      dataSet: data,
      samples,
      resolution: 32,
      batchSize: 250,
      seed: 1,
      augment: false,
      shuffle: false,
      streamName: 'means',
    });
    const batches = [];
    for (let batch = 0; batch < loader.batchesPerEpoch; batch++) batches.push((await loader.get(0, batch)).images);
    await loader.close();
    channelMeans(batches).forEach((mean, c) => {
      expect(Math.abs(mean - [0.4913, 0.4821, 0.4465][c]!)).toBeLessThan(0.008);
    });
  });
});

describe('Imagenette in packed shards', () => {
  it('trains and validates at 96 pixels without a skipped image', async () => {
    const data = await open('imagenette224');
    expect([data.classes.length, data.train.length, data.val.length]).toEqual([10, 1800, 400]);
    const { weights, pathLogits } = splitTraining(data, 1);
    expect(new Set(labelCounts(data, pathLogits))).toEqual(new Set([20]));
    for (const [samples, augment] of [
      [weights.subarray(0, 256), true],
      [data.val, false],
    ] as const) {
      const loader = createLoader({
        dataSet: data,
        samples,
        resolution: 96,
        batchSize: 64,
        seed: 1,
        augment,
        shuffle: false,
        streamName: 'real',
      });
      for (let batch = 0; batch < loader.batchesPerEpoch; batch++) {
        const { images, skipped } = await loader.get(0, batch);
        expect(skipped).toBe(0);
        expect(images.every(Number.isFinite)).toBe(true);
      }
      await loader.close();
    }
  });
});

describe('ImageNet’s own folder layout', () => {
  it('opens 460 classes in wnid order and decodes every image, grey ones too', async () => {
    const data = await open('imagenet-sample');
    expect([data.kind, data.classes.length, data.train.length, data.val.length]).toEqual(['folder', 460, 460, 0]);
    expect([...data.classes]).toEqual([...data.classes].sort());
    expect(data.nameOf(0)).toMatch(new RegExp(`^train/${data.classes[0]}/.*\\.JPEG$`));
    const loader = createLoader({
      dataSet: data,
      samples: data.train,
      resolution: 64,
      batchSize: 46,
      seed: 1,
      augment: true,
      streamName: 'real',
    });
    for (let batch = 0; batch < 10; batch++) expect((await loader.get(0, batch)).skipped).toBe(0);
    await loader.close();
  });

  it('refuses to split classes of one image, and says which', async () => {
    const data = await open('imagenet-sample');
    expect(() => splitTraining(data, 1)).toThrow(new RegExp(`Class ${data.classes[0]} .* has 1 .*needs at least 40`));
  });
});
