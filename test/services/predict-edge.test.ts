/**
 * @file Predictions at the edge from the object store: the bundle in workerd reads keys and models from S3 over HTTP by
 * requests that it signs itself.
 */
import { createServer, type Server, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { edgeObjects } from '../../functions/predict/edge-objects.ts';
import { newKeyText, sha256Of } from '../../functions/service/keys/key-text.ts';
import { writeMirror } from '../../functions/service/keys/mirror.ts';
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import { publicTenant } from '../../shared/contract/tenants.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { type LatestModel, latestKey, modelsFolder, versionKey } from '../../shared/store/hardware-keys.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { randomNetworks } from '../bench/predict-models.ts';
import { type Runtime, workerdRuntime } from '../integration/predict-runtimes.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const shipped = builtInModels[0]!;
const [ours, theirs] = ['tn_a', 'tn_b'];
const [one, two] = ['1'.repeat(16), '2'.repeat(16)];
const body = (hardware: string) => JSON.stringify({ architectures: randomNetworks(2), hardware: [hardware] });

let server: S3Server;
let front: Server;
let store: S3Store;
let edge: Runtime;
let settings: Record<string, string>;
/** paths that were asked for, and what the store says in place of its answer */
let asked: string[] = [];
let weather: number | null = null;
const keys = { ours: newKeyText(), theirs: newKeyText(), revoked: newKeyText(), search: newKeyText() };

beforeAll(async () => {
  server = await startS3Server();
  const here = { endpoint: server.endpoint, region, credentials };
  await new S3Client({ ...here, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: 'fastpath' }));
  store = new S3Store({ bucket: 'fastpath', prefix: '', ...here });
  front = createServer((request, response) => {
    asked.push(request.url!);
    if (weather !== null) return response.writeHead(weather).end('<Error><Code>Weather</Code></Error>');
    const onward = send(
      server.endpoint + request.url,
      { method: request.method!, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    return request.pipe(onward);
  });
  await new Promise<void>((listening) => front.listen(0, '127.0.0.1', listening));
  const predict = { scopes: ['predict' as const], revoked: false };
  await writeMirror(store, sha256Of(keys.ours), { tenant: ours, ...predict });
  await writeMirror(store, sha256Of(keys.theirs), { tenant: theirs, ...predict });
  await writeMirror(store, sha256Of(keys.revoked), { tenant: ours, ...predict, revoked: true });
  await writeMirror(store, sha256Of(keys.search), { tenant: ours, scopes: ['search'], revoked: false });
  await put(ours, 'mine', one);
  await put(publicTenant, 'everyones', one);
  settings = {
    FASTPATH_STORE_URL: `http://127.0.0.1:${(front.address() as AddressInfo).port}/fastpath`,
    FASTPATH_STORE_REGION: region,
    FASTPATH_STORE_KEY_ID: 'test',
    FASTPATH_STORE_SECRET: 'test',
  };
  edge = await workerdRuntime(settings);
});
afterAll(async () => {
  await edge?.close();
  front?.close();
  await server?.stop();
});

/** As fitting a model does. */
async function put(tenant: string, id: string, version: string): Promise<void> {
  const model: LatencyModelData = { ...shipped, hardware: { ...shipped.hardware, id }, version };
  const latest: LatestModel = { version, tableVersion: version, hardware: model.hardware };
  const folder = modelsFolder(tenant);
  await store.put(versionKey(folder, id, version), Buffer.from(JSON.stringify(model)));
  await store.put(latestKey(folder, id), Buffer.from(JSON.stringify(latest)));
}

const call = (path: string, key: string | null, json?: string, at = edge) =>
  at.call(path, {
    method: json === undefined ? 'GET' : 'POST',
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), 'content-type': 'application/json' },
    ...(json === undefined ? {} : { body: json }),
  });

const statusOf = async (...given: Parameters<typeof call>) => (await call(...given)).status;

describe('keys and models from the store', () => {
  test('answer who may ask, with what is public and their own', async () => {
    const own = await call('/v1/latency', keys.ours, body('mine'));
    expect(own.status, await own.clone().text()).toBe(200);
    const { predictions } = (await own.json()) as { predictions: { latencyMs: number }[] };
    const same = await call('/v1/latency', keys.theirs, body('everyones'));
    expect(((await same.json()) as typeof own & { predictions: unknown }).predictions).toMatchObject(
      predictions.map(({ latencyMs }) => ({ latencyMs })),
    );
    expect(await statusOf('/v1/latency', keys.theirs, body('mine'))).toBe(404);
    expect(await statusOf('/v1/latency', keys.ours, body(shipped.hardware.id))).toBe(200);
    const listed = async (key: string) => {
      const { hardware } = (await (await call('/v1/hardware', key)).json()) as { hardware: { id: string }[] };
      return hardware.map(({ id }) => id).filter((id) => !builtInModels.some((model) => model.hardware.id === id));
    };
    expect(await listed(keys.ours)).toEqual(['everyones', 'mine']);
    expect(await listed(keys.theirs)).toEqual(['everyones']);
  });

  test.each([
    ['without a key', null, 401],
    ['with a key that nobody made', newKeyText(), 401],
    ['with a revoked key', keys.revoked, 401],
    ['with a key of another scope', keys.search, 403],
  ])('%s nobody is answered', async (_, key, status) => {
    expect(await statusOf('/v1/hardware', key)).toBe(status);
  });

  test('are read once for many at once, and kept', async () => {
    const fresh = await workerdRuntime(settings);
    asked = [];
    const statuses = await Promise.all(
      Array.from({ length: 20 }, () => statusOf('/v1/latency', keys.ours, body('mine'), fresh)),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(asked.filter((path) => path.endsWith(`/mine/${one}.json`))).toHaveLength(1);
    asked = [];
    expect(await statusOf('/v1/latency', keys.ours, body('mine'), fresh)).toBe(200);
    expect(asked).toEqual([]);
    await fresh.close();
  });

  test('a new model counts without another deployment', async () => {
    const version = async () =>
      ((await (await call('/v1/hardware/mine/model', keys.ours)).json()) as LatencyModelData).version;
    expect(await version()).toBe(one);
    await put(ours, 'mine', two);
    await expect.poll(version, { timeout: 60_000, interval: 500 }).toBe(two);
  });

  test('more than a page of them are all listed', async () => {
    const keysOf = Array.from({ length: 1005 }, (_, i) => `listed/a & b/${String(i).padStart(4, '0')}.json`);
    for (let at = 0; at < keysOf.length; at += 50) {
      await Promise.all(keysOf.slice(at, at + 50).map((key) => store.put(key, Buffer.from('x'))));
    }
    const objects = edgeObjects({ url: settings.FASTPATH_STORE_URL!, region, ...credentials });
    const listed: string[] = [];
    for await (const key of await objects.list('listed/')) listed.push(key);
    expect(listed).toEqual(keysOf);
    expect(await objects.read(keysOf[7]!)).toEqual(new Uint8Array(Buffer.from('x')));
  });

  test.each([
    ['is away', 503, 'store.unavailable'],
    ['refuses the key', 403, 'store.denied'],
  ])('a store that %s is told as such, and tried again', async (_, status, code) => {
    const fresh = await workerdRuntime(settings);
    weather = status;
    const answer = await call('/v1/hardware', keys.ours, undefined, fresh);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code, detail: expect.stringMatching(/object store does not answer/) });
    weather = null;
    expect(await statusOf('/v1/hardware', keys.ours, undefined, fresh)).toBe(200);
    await fresh.close();
  });
});

test('half of the settings serve nobody', async () => {
  const { FASTPATH_STORE_SECRET: _, ...half } = settings;
  const broken = await workerdRuntime(half);
  expect(await statusOf('/v1/hardware', keys.ours, undefined, broken)).toBe(500);
  await broken.close();
});
