import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLoader } from '../../batch/data/batches.ts';
import { Feed } from '../../batch/data/feed.ts';
import { writeSynthetic } from '../../batch/data/synthetic.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { openStore } from '../../shared/store/open.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const region = 'us-east-1';
let server: S3Server;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-s3-data-'));
  server = await startS3Server();
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  const client = new S3Client({ endpoint: server.endpoint, region, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'images' }));
});
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

/** Read in this thread, and in the thread of a feed: the same. */
async function firstBatch(uri: string): Promise<{ fingerprint: string; images: Float32Array }> {
  const location = { cacheDirectory: join(root, 'cache'), endpoint: server.endpoint, region };
  const dataSet = await openDataSet(uri, location);
  const { train: samples, fingerprint } = dataSet;
  const options = { samples, resolution: 32, batchSize: 32, seed: 4, augment: true, streamName: 's3' };
  const loader = createLoader({ dataSet, ...options });
  const { images } = await loader.get(1, 2);
  await loader.close();
  const feed = await Feed.open(uri, location);
  expect(feed.dataSet.fingerprint).toBe(fingerprint);
  expect((await feed.loader(options).get(1, 2)).images).toEqual(images);
  await feed.close();
  return { fingerprint, images };
}

it('reads the same batches from a bucket as from a directory, in shards and in class folders', async () => {
  const directory = new DirectoryStore(join(root, 'shards'));
  const bucket = await openStore('s3://images/some/shards', { endpoint: server.endpoint, region });
  for (const store of [directory, bucket]) await writeSynthetic(store, { seed: 9, train: 200, val: 20 });
  const fromDirectory = await firstBatch(directory.uri);
  expect(await firstBatch(bucket.uri)).toEqual(fromDirectory);

  const data = await openDataSet(directory.uri, { cacheDirectory: join(root, 'cache') });
  const folder = new DirectoryStore(join(root, 'folder'));
  const folderInBucket = await openStore('s3://images/folder', { endpoint: server.endpoint, region });
  for (const sample of data.train) {
    const key = `train/${data.classes[data.labels[sample]!]}/${sample}.png`;
    for (const store of [folder, folderInBucket]) await store.put(key, await data.read(sample));
  }
  expect(await firstBatch(folderInBucket.uri)).toEqual(await firstBatch(folder.uri));
});

it('says so where a bucket or prefix holds nothing', async () => {
  const options = { cacheDirectory: join(root, 'cache'), endpoint: server.endpoint, region };
  await expect(openDataSet('s3://images/nothing/here', options)).rejects.toMatchObject({ code: 'data.empty' });
  await expect(openDataSet('s3://no-such-bucket/x', options)).rejects.toMatchObject({ code: 'data.no-bucket' });
});
