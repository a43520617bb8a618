/** @file The client over a network that loses answers and cuts streams, at the running service. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Fastpath, MeasuringDevice } from '../../functions/client/index.ts';
import { filesIn, saveFiles } from '../../functions/client/node.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let root: string;
let service: Service;
let steady: Fastpath;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-lossy-'));
  await writeTinyImages(join(root, 'images'));
  service = await Service.start(root);
  steady = new Fastpath(service);
});
afterAll(async () => {
  service.kill();
  await removeRoot(root);
});

/** Every second answer is lost behind the service's back, and every other body of a stream or file is cut. */
function lossy(): Fastpath {
  let calls = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await globalThis.fetch(input, init);
    calls++;
    if (calls % 2 === 1) {
      await response.body?.cancel();
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('lost'), { code: 'ECONNRESET' }) });
    }
    const isLong = !response.headers.get('content-type')?.includes('json') && response.body !== null;
    return isLong && calls % 4 === 0 ? new Response(cut(response.body!), response) : response;
  };
  return new Fastpath({ url: service.url, key: service.key, fetch });
}

/** Breaks behind the first pieces. */
function cut(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let pieces = 0;
  return body.pipeThrough(
    new TransformStream({
      transform(piece, controller) {
        controller.enqueue(piece);
        if (++pieces === 4) controller.error(new TypeError('terminated'));
      },
    }),
  );
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('makes nothing twice, loses no record and no byte', async () => {
  const fastpath = lossy();
  const { id: keyId } = await fastpath.keys.create({ name: 'once', scopes: ['predict'] });
  expect((await all(steady.keys.list())).filter(({ name }) => name === 'once')).toMatchObject([{ id: keyId }]);

  const { id: dataSetId } = await fastpath.dataSets.upload('images', await filesIn(join(root, 'images')));
  await fastpath.dataSets.verified(dataSetId);
  expect(await all(steady.dataSets.list())).toMatchObject([{ id: dataSetId, state: 'verified', images: 460 }]);

  const order = await fastpath.orders.place({
    dataSetId,
    space: 'tiny',
    targets: [{ hardware: builtInHardware()[0]!.id, budgetMs: 0.08 }],
    schedule: { batchSize: 16, warmupEpochs: 1, searchEpochs: 20 },
    maxCostUsd: 1,
  });
  expect((await all(steady.orders.list())).map(({ id }) => id)).toEqual([order.id]);

  const { id } = order.searches[0]!;
  const followed = await all(fastpath.searches.follow(id));
  const polled: typeof followed = [];
  for (let after = -1; ; ) {
    const { records, next } = await steady.searches.progress(id, after);
    if (records.length === 0) break;
    polled.push(...records);
    after = next;
  }
  expect(followed).toEqual(polled);

  const { architectureId, state } = await fastpath.searches.get(id);
  expect(state).toBe('succeeded');
  const found = await fastpath.architectures.get(architectureId!);
  const compared = await fastpath.architectures.compare({ ids: [found.id], hardware: ['amd-epyc-zen4-ort-1t'] });
  expect(compared.networks[0]).toMatchObject({
    name: found.id,
    macs: found.macs,
    accuracy: { top1: expect.any(Number) },
  });
  const folder = join(root, 'found');
  const names = await saveFiles(fastpath, found, folder);
  expect(names.at(-1)).toBe('metrics.json');
  for (const { name, bytes } of found.files) expect((await readFile(join(folder, name))).length, name).toBe(bytes);
});

test('lists go over pages', async () => {
  for (let i = 0; i < 51; i++) await steady.keys.create({ name: `key ${i}`, scopes: ['predict'] });
  const names = (await all(lossy().keys.list())).map(({ name }) => name);
  expect(names.slice(0, 51)).toEqual(Array.from({ length: 51 }, (_, i) => `key ${50 - i}`));
  expect(new Set(names).size).toBe(names.length);
});

test('an upload that fails stops, and goes on under its own key', async () => {
  const files = await filesIn(join(root, 'images'));
  const options = { idempotencyKey: crypto.randomUUID() };
  const broken = new Fastpath({
    url: service.url,
    key: service.key,
    fetch: async (input, init) =>
      init?.method === 'PUT' ? new Response('<Error/>', { status: 403 }) : globalThis.fetch(input, init),
  });
  await expect(broken.dataSets.upload('again', files, options)).rejects.toMatchObject({ status: 403, retry: false });
  const { id } = await steady.dataSets.upload('again', files, options);
  expect((await all(steady.dataSets.list())).filter(({ name }) => name === 'again')).toMatchObject([{ id }]);
});

test("hardware of one's own is made, measured, fitted and predicted for", async () => {
  const fastpath = lossy();
  const id = 'my-board';
  await fastpath.hardware.create({ id, device: 'Board', runtime: 'TFLite 2.16' });
  const signatures = ['stem-k3-s2-o16-r32', 'head-i64-o128-r4', 'classifier-i128-c10'];
  const timed = signatures.map((signature, i) => ({ item: `block-${i}`, signature, latencyMs: 0.01 * (i + 1) }));
  const measurements = [{ item: 'call', signature: 'call', latencyMs: 0.01 }, ...timed];
  expect(await fastpath.hardware.addMeasurements(id, { measurements, anySpeed: true })).toMatchObject({ hardware: id });
  expect((await all(fastpath.hardware.measurements(id))).map(({ item }) => item).sort()).toEqual(
    measurements.map(({ item }) => item).sort(),
  );
  const fitted = await fastpath.hardware.fitted(id);
  expect(fitted).toMatchObject({ scope: 'own', modelState: 'ready', waiting: 0 });
  expect((await fastpath.hardware.model(id)).version).toBe(fitted.modelVersion);
  expect((await steady.hardware.list()).map((listed) => listed.id)).toContain(id);
  await fastpath.hardware.delete(id);
  await expect(fastpath.hardware.get(id)).rejects.toMatchObject({ status: 404 });
});

test('a device measures itself with a code, and no key; spaces and health are told', async () => {
  const fastpath = lossy();
  const made = await fastpath.measurementSessions.create();
  const hardware = { id: 'a-phone', device: 'Phone 1', runtime: 'TFLite 2.16' };
  const device = await MeasuringDevice.swap({ url: service.url, code: made.code, hardware });
  const again = MeasuringDevice.swap({ url: service.url, code: made.code, hardware });
  await expect(again).rejects.toMatchObject({ code: 'session.code', status: 403 });
  const plan = await device.plan({ space: 'tiny', resolution: 32, plan: 'full' });
  expect(plan).toMatchObject({ space: 'tiny', resolution: 32, plan: 'full', complete: true });
  const measurements = plan.parts.map((signature, i) => ({ item: signature, signature, latencyMs: 0.01 * (i + 1) }));
  expect(await device.upload({ measurements })).toMatchObject({ added: plan.parts.length, known: 0 });
  expect(await device.upload({ measurements })).toMatchObject({ added: 0, known: plan.parts.length });
  expect(await device.fitted()).toMatchObject({ id: 'a-phone', modelState: 'ready', blocks: plan.parts.length });
  expect(await fastpath.measurementSessions.get(made.id)).toMatchObject({
    state: 'active',
    measurements: plan.parts.length,
  });
  // Another process of the device goes on with the token, until the session is ended.
  const other = new MeasuringDevice({ url: service.url }, device.session);
  await other.end();
  await expect(device.fitted()).rejects.toMatchObject({ status: 401 });
  expect(await fastpath.measurementSessions.get(made.id)).toMatchObject({ state: 'ended' });
  await fastpath.hardware.delete('a-phone');

  expect((await fastpath.spaces.list()).map(({ name }) => name)).toContain('tiny');
  expect(await steady.health()).toMatchObject({ status: 'ok', database: 'up', store: 'up', queue: 'up' });
  const nobody = new Fastpath({ url: 'http://127.0.0.1:9', key: 'fp_x' });
  await expect(nobody.health()).rejects.toMatchObject({ code: 'api.unreachable' });
});

test('is called off by a signal', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(steady.hardware.list({ signal })).rejects.toThrow('enough');
  await expect(all(steady.orders.list({ signal }))).rejects.toThrow('enough');
});

test('ids that lead elsewhere are no ids', async () => {
  for (const id of ['', '.', '..']) {
    expect(() => steady.searches.get(id)).toThrow(expect.objectContaining({ code: 'client.id' }));
  }
  await expect(steady.searches.get('../keys')).rejects.toMatchObject({ code: 'request.no-such-path', status: 404 });
});
