import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataSet } from '../../shared/data/open-data.ts';
import { Random } from '../../shared/random.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { writeSynthetic } from './synthetic.ts';
import { drawSynthetic, syntheticClasses } from './synthetic-picture.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-synthetic-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function written(name: string, seed: number) {
  const store = new DirectoryStore(join(root, name));
  await writeSynthetic(store, { seed, train: 50, val: 20, side: 24 });
  return store;
}

describe('writeSynthetic', () => {
  it('writes a data set that opens, balanced, of ten classes that say what they are', async () => {
    const store = await written('one', 1);
    const data = await openDataSet(store.uri, { cacheDirectory: join(root, 'cache') });
    expect([data.train.length, data.val.length, data.classes.length]).toEqual([50, 20, 10]);
    for (const name of data.classes) expect(name).toMatch(/^synthetic-/);
    expect([...data.labels.subarray(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Buffer.from((await store.get('README.md'))!.bytes).toString()).toMatch(
      /^# Synthetic images\n\nDrawn by a program/,
    );
  });

  it('writes equal bytes for equal seeds, and others for others', async () => {
    const shard = async (store: DirectoryStore) => Buffer.from((await store.get('train-0000.tar'))!.bytes);
    const first = await shard(await written('two', 2));
    expect((await shard(await written('two-again', 2))).equals(first)).toBe(true);
    expect((await shard(await written('three', 3))).equals(first)).toBe(false);
  });
});

describe('drawSynthetic', () => {
  it('gives no class away by its colours: class means differ by no more than chance', () => {
    const perClass = 150;
    const values = syntheticClasses.map((_, label) =>
      Array.from({ length: perClass }, (_, i) => {
        const pixels = drawSynthetic(label, 24, Random.named(i, `picture/${label}`));
        return pixels.reduce((sum, value) => sum + value) / pixels.length;
      }),
    );
    const mean = (list: number[]) => list.reduce((a, b) => a + b) / list.length;
    const all = values.flat();
    const deviation = Math.sqrt(mean(all.map((value) => (value - mean(all)) ** 2)));
    for (const list of values) {
      expect(Math.abs(mean(list) - mean(all))).toBeLessThan((4 * deviation) / Math.sqrt(perClass));
    }
  });
});
