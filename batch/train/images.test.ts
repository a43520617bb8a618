import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { tinySearch } from '../../test/fault/tiny-search.ts';
import { writeTinyImages } from '../../test/integration/tiny-images.ts';
import { Feed } from '../data/feed.ts';
import { openSearchImages } from './images.ts';

let root: string;
let feed: Feed;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-images-'));
  feed = await Feed.open(await writeTinyImages(root), { cacheDirectory: null });
});
afterAll(async () => {
  await feed.close();
  await rm(root, { recursive: true });
});

/** The first of those that train path logits. */
async function firstImages(spec: Partial<SearchSpec>): Promise<Float32Array> {
  return (await openSearchImages(feed, { ...tinySearch(root), ...spec }).validationScore.get(0, 0)).images;
}

test.each([
  ['a warm-up', { warmUp: { key: 'warm-up.safetensors', seed: 3 } }],
  ['an earlier search', { warmStart: { key: 'supernet.safetensors', seed: 3 } }],
])('weights that come from %s bring the division of images that they were trained under', async (_, from) => {
  const divided = await firstImages({ seed: 3 });
  expect(await firstImages({ seed: 7, ...from })).toEqual(divided);
  expect(await firstImages({ seed: 7 })).not.toEqual(divided);
});
