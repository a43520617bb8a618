import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDataSet } from '../../functions/service/datasets/create-data-set.ts';
import { dataLocation } from '../../functions/service/datasets/data-set-view.ts';
import { findDataSet } from '../../functions/service/datasets/find-data-set.ts';
import { externalIdOf } from '../../functions/service/datasets/places.ts';
import { verifyDataSets } from '../../functions/service/datasets/verify-data-sets.ts';
import { systemClock } from '../../shared/clock.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import type { OpenedDatabase } from '../../shared/db/db.ts';
import { tenants } from '../../shared/db/schema/tenants.ts';
import { openTestDatabase } from '../../shared/db/test-database.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { type RoleServer, startRoleServer } from './role-server.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const [ours, theirs] = ['tn_01jd9z5k3q8v7w6x5y4t3s2r1p', 'tn_01jd9z5k3q8v7w6x5y4t3s2r1q'];
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const demands = new Map<string, string | null>([
  [role('ours'), externalIdOf(ours)],
  [role('open'), null],
]);

let s3: S3Server;
let roles: RoleServer;
let folder: string;
let database: OpenedDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-roles-'));
  database = await openTestDatabase();
  await database.db.insert(tenants).values([ours, theirs].map((id) => ({ id, name: id, createdAt: new Date() })));
  s3 = await startS3Server();
  roles = await startRoleServer(s3.endpoint, demands);
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  const client = new S3Client({ endpoint: s3.endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'customer' }));
  const bucket = new S3Store({ bucket: 'customer', prefix: 'signs', endpoint: s3.endpoint, region, credentials });
  const create = { width: 8, height: 8, channels: 3, background: '#336699' } as const;
  const png = await sharp({ create }).png().toBuffer();
  for (const key of ['train/a/1.png', 'train/b/1.png', 'val/b/1.png']) await bucket.put(key, png);
});
afterAll(async () => {
  roles.stop();
  await s3.stop();
  await database.close();
  await rm(folder, { recursive: true });
});

async function verified(tenantId: string, roleArn: string) {
  const buckets = { endpoint: roles.endpoint, region };
  const service = { db: database.db, store: new DirectoryStore(folder), clock: systemClock, dataRoot: null, buckets };
  const source = { type: 'bucket' as const, uri: 's3://customer/signs', roleArn };
  const dataSet = await createDataSet(service, tenantId, { name: 'signs', source });
  await verifyDataSets(service);
  return findDataSet(service, tenantId, dataSet.id);
}

it('reads a bucket with the role of its owner, now and in the search', async () => {
  const row = await verified(ours, role('ours'));
  expect(row).toMatchObject({ state: 'verified', classes: 2, images: 3 });
  const { uri, role: named } = dataLocation(row);
  expect(named).toEqual({ arn: role('ours'), externalId: `fastpath-${ours}` });
  const location = { cacheDirectory: join(folder, 'cache'), endpoint: roles.endpoint, region };
  const opened = await openDataSet(uri, { ...location, role: named! });
  expect([opened.fingerprint, (await opened.read(0)).length]).toEqual([row.fingerprint, row.bytes! / 3]);
  await expect(openDataSet(uri, location)).rejects.toMatchObject({ code: 'data.denied' });
});

it('opens nobody else a bucket, though they know its role', async () => {
  expect(await verified(theirs, role('ours'))).toMatchObject({ state: 'refused', reasonCode: 'store.role-refused' });
});

it('refuses a role that would open for everyone', async () => {
  const row = await verified(ours, role('open'));
  expect(row).toMatchObject({ state: 'refused', reasonCode: 'store.role-open' });
  expect(row.reasonMessage).toContain(`let its trust policy require sts:ExternalId "fastpath-${ours}"`);
  expect(await verified(ours, role('absent'))).toMatchObject({ state: 'refused', reasonCode: 'store.role-refused' });
});
