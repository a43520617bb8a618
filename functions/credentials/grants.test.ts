import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobSpec, SearchSpec } from '../../shared/contract/job-spec.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { specKey } from '../../shared/store/search-keys.ts';
import { tinySearch } from '../../test/fault/tiny-search.ts';
import { specFile } from '../service/search-spec/spec-file.ts';
import { grantsOf } from './grants.ts';

const tenant = 'tenants/tn_a';
const prefix = `${tenant}/searches/srch_1`;
let folder: string;
let store: DirectoryStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-grants-'));
  store = new DirectoryStore(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const images = () => `${store.uri}/${tenant}/datasets/ds_1/files`;

async function put(spec: JobSpec, place = prefix): Promise<string> {
  const { bytes, sha256 } = specFile(spec);
  await store.put(specKey(place), bytes);
  return sha256;
}

async function grantsFor(spec: JobSpec, place = prefix) {
  const environment = new Map([
    ['FASTPATH_SEARCH', place],
    ['FASTPATH_SPEC_SHA256', await put(spec, place)],
  ]);
  return grantsOf(store, { environment, index: null });
}

const search = (change: Partial<SearchSpec> = {}): SearchSpec => ({ ...tinySearch(images()), ...change });
const supernet = `${tenant}/searches/srch_0/supernet.safetensors`;

test('a search opens its images, and the weights that it starts from', async () => {
  expect(await grantsFor(search())).toEqual({
    search: prefix,
    keys: [],
    dataSet: `${tenant}/datasets/ds_1/files`,
    role: null,
  });
  expect((await grantsFor(search({ warmStart: { key: supernet, seed: 0 } }))).keys).toEqual([supernet]);
  const warmUp = `${tenant}/searches/srch_0/warm-up.safetensors`;
  expect((await grantsFor(search({ warmUp: { key: warmUp, seed: 0 } }))).keys).toEqual([warmUp]);
});

test('a customer’s bucket opens by its role alone', async () => {
  const role = { arn: 'arn:aws:iam::123456789012:role/read', externalId: 'fastpath-tn_a' };
  const grants = await grantsFor(search({ data: { uri: 's3://theirs/images', role } }));
  expect(grants).toMatchObject({ dataSet: null, role });
});

test('pruning again opens what the pruned search left, and its images', async () => {
  const pruned = `${tenant}/searches/srch_0`;
  const specSha256 = await put(search(), pruned);
  const { constraints } = search();
  const grants = await grantsFor({
    format: 'fastpath.prune-spec/1',
    search: { prefix: pruned, specSha256 },
    constraints,
    timings: [],
  });
  expect(grants.keys).toEqual([`${pruned}/spec.json`, `${pruned}/outcome.json`, supernet]);
  expect(grants.dataSet).toBe(`${tenant}/datasets/ds_1/files`);
});

test('a child of an array opens its own search of the list, and no other', async () => {
  const specSha256 = await put(search());
  const list = {
    format: 'fastpath.job-list/1',
    searches: [
      { prefix: `${tenant}/searches/srch_9`, specSha256 },
      { prefix, specSha256 },
    ],
  };
  const bytes = Buffer.from(JSON.stringify(list));
  const key = `${tenant}/orders/ord_1/jobs.json`;
  await store.put(key, bytes);
  const environment = new Map([
    ['FASTPATH_JOB_LIST', key],
    ['FASTPATH_JOB_LIST_SHA256', createHash('sha256').update(bytes).digest('hex')],
  ]);
  expect(await grantsOf(store, { environment, index: 1 })).toMatchObject({ search: prefix, keys: [key] });
  for (const index of [2, null]) {
    await expect(grantsOf(store, { environment, index })).rejects.toMatchObject({ code: 'credentials.spec' });
  }
});

test.each<[string, Partial<SearchSpec>]>([
  ['images of another tenant', { data: { uri: 'STORE/tenants/tn_b/datasets/ds_1/files' } }],
  ['images outside of the store', { data: { uri: 's3://elsewhere/images' } }],
  ['all images', { data: { uri: 'STORE/tenants/tn_a/datasets/*' } }],
  ['a way up', { data: { uri: 'STORE/tenants/tn_a/../tn_b/datasets/ds_1/files' } }],
  ['weights of another tenant', { warmStart: { key: 'tenants/tn_b/searches/srch_1/supernet.safetensors', seed: 0 } }],
  ['a warm-up of another tenant', { warmUp: { key: 'tenants/tn_b/searches/srch_1/warm-up.safetensors', seed: 0 } }],
  ['a variable', { warmStart: { key: `tenants/tn_a/$${'{aws:userid}'}`, seed: 0 } }],
  [
    'every role',
    { data: { uri: 's3://theirs/x', role: { arn: 'arn:aws:iam::123456789012:role/*', externalId: 'x' } } },
  ],
])('refuses a spec that names %s', async (_, change) => {
  const data = change.data && { ...change.data, uri: change.data.uri.replace('STORE', store.uri) };
  const spec = search({ ...change, ...(data === undefined ? {} : { data }) });
  await expect(grantsFor(spec)).rejects.toMatchObject({ code: 'credentials.foreign' });
});

test('refuses a job whose spec is missing, changed, or not a tenant’s', async () => {
  const grants = (place: string, sha256: string) =>
    grantsOf(store, {
      environment: new Map([
        ['FASTPATH_SEARCH', place],
        ['FASTPATH_SPEC_SHA256', sha256],
      ]),
      index: null,
    });
  const sha256 = await put(search());
  await expect(grants(`${tenant}/searches/none`, sha256)).rejects.toMatchObject({ code: 'credentials.spec' });
  await expect(grants(prefix, '0'.repeat(64))).rejects.toMatchObject({ code: 'credentials.spec' });
  await expect(grants('keys', sha256)).rejects.toMatchObject({ code: 'credentials.foreign' });
  await expect(grantsOf(store, { environment: new Map(), index: null })).rejects.toMatchObject({
    code: 'credentials.spec',
  });
});
