/** @file `fastpath dataset` from bucket to bucket, over a line that breaks: the same bytes as from folder to folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkShards } from '../../shared/data/check-shards.ts';
import { sha256Of } from '../../shared/data/data-index.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { openStore } from '../../shared/store/open.ts';
import { Command } from '../integration/command.ts';
import { writeClassFolders, writeTinyImages } from '../integration/tiny-images.ts';
import { type BreakingLine, startBreakingLine } from './breaking-line.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const region = 'us-east-1';
let root: string;
let server: S3Server;
let line: BreakingLine;
let command: Command;
let folders: DirectoryStore;
let bucket: (prefix: string) => Promise<ObjectStore>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-pack-s3-'));
  server = await startS3Server();
  line = await startBreakingLine(server.endpoint, 5);
  const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  Object.assign(process.env, keys);
  const client = new S3Client({ endpoint: server.endpoint, region, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'images' }));
  command = new Command(root, { ...keys, AWS_REGION: region, AWS_ENDPOINT_URL: line.endpoint });
  const all = new DirectoryStore(
    await writeClassFolders(await writeTinyImages(join(root, 'shards')), join(root, 'all')),
  );
  folders = new DirectoryStore(join(root, 'folders'));
  let images = 0;
  for await (const { key } of all.list('')) {
    if (images++ % 6 === 0) await folders.put(key, (await all.get(key))!.bytes);
  }
  bucket = (prefix) => openStore(`s3://images/${prefix}`, { endpoint: server.endpoint, region });
  const copy = await bucket('folders');
  for await (const { key } of folders.list('')) await copy.put(key, (await folders.get(key))!.bytes);
});
afterAll(async () => {
  line.stop();
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

async function contentOf(store: ObjectStore): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for await (const { key } of store.list('')) content[key] = sha256Of((await store.get(key))!.bytes);
  return content;
}

it('packs from bucket to bucket, from bucket to folder and from folder to bucket, with the same bytes', async () => {
  const pack = async (source: string, target: string) => {
    const ended = await command.run('dataset', 'pack', source, target, '--shard-mb', '0.05');
    expect(ended).toMatchObject({ code: 0 });
  };
  await pack('folders', 'packed');
  const expected = await contentOf(new DirectoryStore(join(root, 'packed')));
  expect(Object.keys(expected).length).toBeGreaterThan(8);
  await pack('s3://images/folders', 's3://images/packed');
  await pack('s3://images/folders', 'from-bucket');
  await pack('folders', 's3://images/from-folder');
  for (const store of [
    await bucket('packed'),
    new DirectoryStore(join(root, 'from-bucket')),
    await bucket('from-folder'),
  ]) {
    expect(await contentOf(store)).toEqual(expected);
  }
  expect(line.failures).toBeGreaterThan(5);
  expect(await command.run('dataset', 'check', 's3://images/packed', '--all')).toMatchObject({ code: 0 });
});

it('opens a packed bucket as the same data set as a packed folder', async () => {
  const location = { cacheDirectory: join(root, 'cache'), endpoint: line.endpoint, region };
  const [one, other] = [
    await openDataSet('s3://images/packed', location),
    await openDataSet(join(root, 'packed'), location),
  ];
  expect(one.fingerprint).toBe(other.fingerprint);
  for (const sample of one.train.subarray(0, 20)) {
    expect(Buffer.compare(await one.read(sample), await other.read(sample))).toBe(0);
  }
});

it('finds a damaged shard in a bucket', async () => {
  const store = await bucket('packed');
  const shard = (await store.get('train-000001.tar'))!.bytes;
  shard[600]! ^= 255;
  await store.put('train-000001.tar', shard);
  const faults: string[] = [];
  await checkShards(store, { everyImage: false, onFault: (fault) => faults.push(fault) });
  expect(faults).toEqual([expect.stringMatching(/^train-000001\.tar has another checksum.*first \d{8}\.png$/)]);
});

it('says in one line which bucket is missing', async () => {
  await command.expectRefusal(
    ['dataset', 'pack', 's3://no-such-bucket/x', 'new'],
    /^error: .*s3:\/\/no-such-bucket\/x .*there is no such bucket: check its name/,
  );
  await command.expectRefusal(
    ['dataset', 'pack', 'folders', 's3://no-such-bucket/x'],
    /^error: .*s3:\/\/no-such-bucket\/x .*there is no such bucket: check its name/,
  );
});
