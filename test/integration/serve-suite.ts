/** @file The whole service as one process: key, data set, estimate, order, a real search, its architecture, its usage. */
import { statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { architectureId } from '../../shared/architecture/identity.ts';
import { foundArchitectureSchema } from '../../shared/contract/api/architectures.ts';
import { problemSchema } from '../../shared/contract/api/common.ts';
import { creditSchema } from '../../shared/contract/api/credit.ts';
import { createdDataSetSchema, dataSetSchema } from '../../shared/contract/api/data-sets.ts';
import { estimateSchema, orderSchema } from '../../shared/contract/api/orders.ts';
import { progressSchema, searchDetailSchema } from '../../shared/contract/api/searches.ts';
import { usageSchema } from '../../shared/contract/api/usage.ts';
import { exportRecordSchema } from '../../shared/contract/export.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { removeRoot, Service } from './service.ts';
import { writeTinyImages } from './tiny-images.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const hardware = builtInHardware()[0]!.id;

/** @param environment of a database that is empty at first */
export function describeService(name: string, environment: () => Promise<NodeJS.ProcessEnv>): void {
  describe(`the service on ${name}`, () => {
    let root: string;
    let opened: NodeJS.ProcessEnv;
    let serving: Service;
    let url: string;
    let key: string;
    let operatorKey: string;

    async function start(): Promise<void> {
      serving = await Service.start(root, { flags: ['--data-root', join(root, 'data')], environment: opened });
      ({ url, key, operatorKey } = serving);
      for (const file of [serving.keyFile, serving.operatorKeyFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
    }

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'fastpath-serve-'));
      opened = { ...(await environment()), FASTPATH_PYTHON: '/nowhere/python' };
      await writeTinyImages(join(root, 'data/tiny'));
      await start();
    });
    afterAll(async () => {
      serving.kill();
      await removeRoot(root);
    });

    async function until(look: () => Promise<boolean>): Promise<void> {
      while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 200));
    }

    async function call<T extends z.ZodType>(
      schema: T,
      status: number,
      path: string,
      init: RequestInit = {},
    ): Promise<z.infer<T>> {
      const response = await fetch(`${url}${path}`, {
        ...init,
        headers: { ...auth(), 'content-type': 'application/json', ...init.headers },
      });
      const body = await response.text();
      expect(response.status, body).toBe(status);
      return schema.parse(JSON.parse(body));
    }

    const auth = () => ({ authorization: `Bearer ${key}` });
    const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
      method: 'POST',
      body: JSON.stringify(body),
      headers,
    });

    test('from images in a directory to a network and what it took', async () => {
      const created = await call(
        createdDataSetSchema,
        201,
        '/v1/datasets',
        post({ name: 'tiny', source: { type: 'directory', path: 'tiny' } }),
      );
      let dataSet = created as z.infer<typeof dataSetSchema>;
      await until(async () => {
        dataSet = await call(dataSetSchema, 200, `/v1/datasets/${created.id}`);
        return dataSet.state !== 'verifying';
      });
      expect(dataSet).toMatchObject({ state: 'verified', classes: 10, images: 460 });

      const asked = {
        dataSetId: dataSet.id,
        space: 'tiny',
        targets: [{ hardware, budgetMs: 0.08 }],
        schedule: { batchSize: 16, warmupEpochs: 1, searchEpochs: 30 },
        exports: ['onnx', 'onnx-int8', 'tfjs'],
      };
      const estimate = await call(estimateSchema, 200, '/v1/orders/estimate', post(asked));
      expect(estimate).toMatchObject({ searches: 1, costUsd: 0, basis: { price: { instanceType: 'local' } } });
      expect(estimate.seconds).toBeGreaterThan(1);

      const repeated = { 'idempotency-key': 'one and only'.replaceAll(' ', '-') };
      const order = await call(orderSchema, 201, '/v1/orders', post({ ...asked, maxCostUsd: 1 }, repeated));
      const again = await call(orderSchema, 201, '/v1/orders', post({ ...asked, maxCostUsd: 1 }, repeated));
      expect(again).toEqual(order);
      const other = await call(problemSchema, 422, '/v1/orders', post({ ...asked, maxCostUsd: 2 }, repeated));
      expect(other.code).toBe('request.idempotency-reuse');
      const { id } = order.searches[0]!;

      const records: z.infer<typeof progressSchema>['records'] = [];
      let after = -1;
      await until(async () => {
        const page = await call(progressSchema, 200, `/v1/searches/${id}/progress?after=${after}`);
        records.push(...page.records);
        after = page.next;
        return page.records.length === 0 && ['succeeded', 'failed', 'cancelled', 'stopped'].includes(page.state);
      });
      const search = await call(searchDetailSchema, 200, `/v1/searches/${id}`);
      expect(search, JSON.stringify(records.slice(-3))).toMatchObject({ state: 'succeeded', reason: null });
      const steps = records.flatMap((record) => (record.type === 'step' ? record.step : []));
      expect(steps.length).toBeGreaterThan(1);
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));

      const found = await call(foundArchitectureSchema, 200, `/v1/architectures/${search.architectureId}`);
      expect(architectureId(found.architecture)).toBe(search.architectureId);
      expect(found.files.map(({ name }) => name)).toContain('weights.safetensors');
      const weights = await fetch(`${url}/v1/architectures/${found.id}/files/weights.safetensors`, {
        headers: auth(),
      });
      expect(weights.headers.get('content-disposition')).toContain('attachment');
      const size = found.files.find(({ name }) => name === 'weights.safetensors')!.bytes;
      expect((await weights.arrayBuffer()).byteLength).toBe(size);

      const exported = found.files.map(({ name }) => name).filter((name) => name.startsWith('exports/'));
      expect(exported).toEqual(expect.arrayContaining(['exports/onnx/network.onnx', 'exports/tfjs/model.json']));
      // The server of this test has no Python to quantise with: that is told, and the rest is there.
      expect(exported.some((name) => name.startsWith('exports/onnx-int8/'))).toBe(false);
      const notes = records.flatMap((record) => (record.type === 'note' ? record.message : []));
      expect(notes).toContainEqual(expect.stringMatching(/^no export onnx-int8: there is no \/nowhere\/python/));
      const name = encodeURIComponent('exports/onnx/export.json');
      const record = await fetch(`${url}/v1/architectures/${found.id}/files/${name}`, { headers: auth() });
      const { check, labels } = exportRecordSchema.parse(await record.json());
      expect(labels).toHaveLength(10);
      expect(check).toMatchObject({ images: 60, source: expect.stringMatching(/^test images of /), top1Agreement: 1 });

      const [attempt] = search.attempts;
      const usage = await call(usageSchema, 200, '/v1/usage');
      const took = (Date.parse(attempt!.stoppedAt!) - Date.parse(attempt!.startedAt!)) / 1e3;
      expect(usage.searches).toEqual([{ searchId: id, attempts: 1, computeSeconds: took, costUsd: 0 }]);
      expect((await call(orderSchema, 200, `/v1/orders/${order.id}`)).state).toBe('closed');
    });

    test('an upload goes to the addresses that the server gives, and to no others', async () => {
      const names = ['train/a/1.png', 'train/b/1.png'];
      const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#336699' } })
        .png()
        .toBuffer();
      const source = { type: 'upload', files: names.map((name) => ({ name, bytes: image.length })) };
      const { id, uploads } = await call(createdDataSetSchema, 201, '/v1/datasets', post({ name: 'sent', source }));
      expect(uploads.map((upload) => upload.name)).toEqual(names);
      const put = async (address: string, body: Buffer) => {
        const response = await fetch(address, { method: 'PUT', body });
        return response.ok ? response.status : problemSchema.parse(await response.json()).code;
      };
      const [first, second] = uploads.map((upload) => upload.url) as [string, string];
      expect(await put(first.replace('train/a', 'train/c'), image)).toBe('link.invalid');
      expect(await put(first.replace(id, '..%2f..%2f..%2fqueue'), image)).toBe('link.invalid');
      expect((await fetch(first)).status).toBe(403);
      expect(await put(first, image.subarray(1))).toBe('link.size');
      expect(await put(first, Buffer.concat([image, image]))).toBe('link.size');
      expect(await put(first, image)).toBe(201);
      const early = await call(problemSchema, 409, `/v1/datasets/${id}/complete`, { method: 'POST' });
      expect(early.detail).toContain('train/b/1.png');
      expect(await put(second, image)).toBe(201);
      await call(dataSetSchema, 200, `/v1/datasets/${id}/complete`, { method: 'POST' });
      let dataSet = await call(dataSetSchema, 200, `/v1/datasets/${id}`);
      await until(async () => {
        dataSet = await call(dataSetSchema, 200, `/v1/datasets/${id}`);
        return dataSet.state !== 'verifying';
      });
      expect(dataSet, JSON.stringify(dataSet)).toMatchObject({ state: 'verified', classes: 2, images: 2 });
      expect((await fetch(`${url}/v1/datasets/${id}`, { method: 'DELETE', headers: auth() })).status).toBe(204);
      await call(problemSchema, 404, `/v1/datasets/${id}`);
    });

    test("credit comes with the operator's key only, and each payment once", async () => {
      const payment = { tenantId: 'local', amountUsd: 12.5, reference: 'invoice 1' };
      const refused = await call(problemSchema, 403, '/v1/credit', post(payment, { 'idempotency-key': 'payment-1' }));
      expect(refused.code).toBe('auth.forbidden');
      const operator = (idempotencyKey: string) =>
        post(payment, { authorization: `Bearer ${operatorKey}`, 'idempotency-key': idempotencyKey });
      expect(await call(creditSchema, 201, '/v1/credit', operator('payment-2'))).toMatchObject({ availableUsd: 12.5 });
      expect(await call(creditSchema, 201, '/v1/credit', operator('payment-3'))).toMatchObject({ availableUsd: 12.5 });
      expect(await call(creditSchema, 200, '/v1/credit')).toMatchObject({ fundedUsd: 12.5, reservedUsd: 0 });
    });

    const json = { 'content-type': 'application/json' };
    test.each<[string, number, string, RequestInit]>([
      ['no key', 401, '/v1/datasets', { headers: { authorization: '' } }],
      ['a wrong key', 401, '/v1/datasets', { headers: { authorization: 'Bearer fp_nobody' } }],
      ['malformed JSON', 400, '/v1/orders/estimate', { method: 'POST', body: '{', headers: json }],
      ['wrong types', 422, '/v1/orders/estimate', post({ dataSetId: 7 })],
      ['unknown fields', 422, '/v1/webhooks', post({ url: 'https://example.com/', extra: 1 })],
      [
        'another content type',
        415,
        '/v1/orders',
        { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } },
      ],
      ['a body far too large', 413, '/v1/orders', post({ space: 'x'.repeat(20_000_000) })],
      ['an id of nothing', 404, '/v1/searches/srch_00000000000000000000000000', {}],
      ['an order of nothing', 404, '/v1/orders/ord_00000000000000000000000000', {}],
      ['a way up in an id', 404, '/v1/architectures/..%2f..%2fadmin-key/files/x', {}],
      ['a private webhook', 422, '/v1/webhooks', post({ url: 'http://169.254.169.254/latest' })],
      ['no such path', 404, '/v1/nothing', {}],
      ['another method', 405, '/v1/usage', { method: 'DELETE' }],
    ])('answers %s with a problem', async (_, status, path, init) => {
      const problem = await call(problemSchema, status, path, init);
      expect(problem.detail.length).toBeGreaterThan(10);
      expect(JSON.stringify(problem)).not.toMatch(/\bat .*\.[jt]s:/);
    });

    test('stops when asked to, and knows everything after the next start', async () => {
      const { code, err } = await serving.stopped();
      expect(code, err).toBe(0);
      const before = key;
      await start();
      expect(key).toBe(before);
      const usage = await call(usageSchema, 200, '/v1/usage');
      expect(usage.searches.length).toBe(1);
    });
  });
}
