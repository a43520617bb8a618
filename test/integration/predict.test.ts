/** @file One contract for the prediction service, kept in Node over HTTP, in Lambda's handler and in workerd. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architectureId } from '../../shared/architecture/identity.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { latencyLimits } from '../../shared/contract/latency-limits.ts';
import { latencyModelSchema } from '../../shared/contract/latency-model.ts';
import { findLatencyModel } from '../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { stripWeights } from '../../shared/onnx/strip-weights.ts';
import { writeNetwork } from '../../shared/onnx/write-network.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture, uniformPath } from '../../shared/space/path.ts';
import { type Call, lambdaRuntime, nodeRuntime, type Runtime, workerdRuntime } from './predict-runtimes.ts';

const id = 'amd-epyc-zen4-ort-1t';
const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
const random = Random.named(1, 'predict');
const networks = Array.from({ length: 5 }, () => pathToArchitecture(plan, uniformPath(plan, random)));
const json = { 'content-type': 'application/json' };
interface Answer {
  predictions: unknown[];
}

/** Answers are in milliseconds to the nanosecond. */
const inMs = (us: number) => Math.round(us * 1000) / 1e6;

const runtimes: [string, () => Promise<Runtime>][] = [
  ['Node over HTTP', nodeRuntime],
  ['Lambda, plain bodies', () => lambdaRuntime({ base64: false })],
  ['Lambda, base64 bodies', () => lambdaRuntime({ base64: true })],
  ['workerd', workerdRuntime],
];

describe.each(runtimes)('%s', (_name, start) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await start();
  });
  afterAll(() => runtime.close());

  const post = (request: unknown, call: Call = {}) =>
    runtime.call('/v1/latency', { method: 'POST', headers: json, body: JSON.stringify(request), ...call });

  async function expectProblem(response: Response, status: number, code: string, detail: RegExp) {
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ type: 'about:blank', status, code, title: expect.any(String) });
    expect(problem.detail).toMatch(detail);
    expect(problem.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('x-request-id')).toBe(problem.requestId);
    return problem;
  }

  it('predicts the network in an ONNX model, with or without weights', async () => {
    const architecture = networks[0]!;
    const written = writeNetwork(architecture, { seed: 1 });
    const ask = (body: Uint8Array, query: string) => {
      const headers = { 'content-type': 'application/octet-stream' };
      return runtime.call(`/v1/latency?${query}`, { method: 'POST', headers, body });
    };
    const [expected] = ((await (await post({ architectures: [architecture], hardware: [id] })).json()) as Answer)
      .predictions;
    const small = stripWeights(written);
    for (const body of [written, small]) {
      const { predictions } = (await (await ask(body, `hardware=${id}&hardware=${id}`)).json()) as Answer;
      expect(predictions).toEqual([expected, expected]);
    }
    const { predictions } = (await (await ask(small, `hardware=${id}&blocks=true`)).json()) as Answer;
    expect(predictions[0]).toMatchObject({ overheadMs: expect.any(Number), blocks: expect.any(Array) });

    await expectProblem(await ask(small, ''), 422, 'request.invalid', /^query: hardware is missing$/);
    await expectProblem(await ask(small, 'hardware=toaster'), 404, 'latency.unknown-hardware', /toaster/);
    await expectProblem(await ask(small, `hardware=${id}&input=0x3`), 422, 'request.invalid', /such as 1x3x224x224$/);
    await expectProblem(await ask(small, `hardware=${id}&inputs=1`), 422, 'request.invalid', /not a known field$/);
    await expectProblem(await ask(small.subarray(0, 500), `hardware=${id}`), 422, 'onnx.malformed', /export it again$/);
  });

  it('predicts architectures × hardware in order, as adding up the model does', async () => {
    const response = await post({ architectures: networks, hardware: [id, id] });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    const { predictions } = (await response.json()) as { predictions: Record<string, number>[] };
    const model = new FittedLatencyModel(findLatencyModel(id));
    expect(predictions).toHaveLength(10);
    predictions.forEach((prediction, i) => {
      const network = Math.floor(i / 2);
      expect(prediction).toEqual({
        architecture: network,
        hardware: id,
        latencyMs: inMs(model.predict(networks[network]!).latencyUs),
        lowMs: expect.any(Number),
        highMs: expect.any(Number),
        flags: [],
      });
      expect(prediction.lowMs).toBeLessThan(prediction.latencyMs!);
      expect(prediction.highMs).toBeGreaterThan(prediction.latencyMs!);
    });
  });

  it('gives every part, ids, or means alone where asked', async () => {
    const response = await post({ architectures: networks, hardware: [id], blocks: true, interval: false, ids: true });
    const { predictions } = (await response.json()) as { predictions: Record<string, unknown>[] };
    const model = new FittedLatencyModel(findLatencyModel(id));
    predictions.forEach((prediction, i) => {
      const expected = model.predict(networks[i]!);
      expect(prediction).toEqual({
        architecture: architectureId(networks[i]!),
        hardware: id,
        latencyMs: inMs(expected.latencyUs),
        flags: [],
        overheadMs: inMs(model.overheadUs),
        blocks: expected.blocks.map(({ name, signature, latencyUs }) => {
          return { name, signature, latencyMs: inMs(latencyUs) };
        }),
      });
    });
  });

  it('estimates parts that were never timed, and says so', async () => {
    const larger: Architecture = { ...networks[0]!, resolution: 40 };
    const response = await post({ architectures: [larger], hardware: [id] });
    const { predictions } = (await response.json()) as { predictions: { latencyMs: number; flags: string[] }[] };
    expect(predictions[0]!.latencyMs).toBeGreaterThan(0);
    expect(predictions[0]!.flags).toEqual([
      expect.stringMatching(/not timed on .*, estimated from size: stem, block 1/),
    ]);
  });

  it('lists hardware and hands out models that caches may keep', async () => {
    const listed = (await (await runtime.call('/v1/hardware')).json()) as { hardware: Record<string, unknown>[] };
    const { hardware } = findLatencyModel(id);
    expect(listed.hardware).toContainEqual({
      ...hardware,
      scope: 'public',
      modelVersion: expect.stringMatching(/^[0-9a-f]{16}$/),
    });

    const plain = await runtime.call(`/v1/hardware/${id}/model`);
    expect(plain.headers.get('cache-control')).toBe('public, no-cache');
    const model = latencyModelSchema.parse(await plain.json());
    expect(plain.headers.get('etag')).toBe(`"${model.version}"`);
    const again = await runtime.call(`/v1/hardware/${id}/model`, {
      headers: { 'if-none-match': `"other", W/"${model.version}"` },
    });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    const stale = await runtime.call(`/v1/hardware/${id}/model`, { headers: { 'if-none-match': '"other"' } });
    expect(stale.status).toBe(200);

    const versioned = await runtime.call(plain.headers.get('content-location')!);
    expect(versioned.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(latencyModelSchema.parse(await versioned.json())).toEqual(model);
    const gone = await runtime.call(`/v1/hardware/${id}/model?version=0000000000000000`);
    await expectProblem(gone, 404, 'latency.unknown-version', /has version [0-9a-f]{16} now/);
  });

  it('suggests the nearest ids for hardware that nobody measured', async () => {
    const asked = await post({ architectures: networks, hardware: ['amd-epic-zen4-ort-1t'] });
    const problem = await expectProblem(asked, 404, 'latency.unknown-hardware', /did you mean amd-epyc-zen4-ort-1t/);
    expect((problem.nearest as string[])[0]).toBe(id);
    const model = await runtime.call('/v1/hardware/toaster/model');
    await expectProblem(model, 404, 'latency.unknown-hardware', /"toaster": GET \/v1\/hardware lists all/);
  });

  it('says which field of which block is wrong', async () => {
    const bad = structuredClone(networks) as { blocks: { kernel: number }[] }[];
    bad[2]!.blocks[1]!.kernel = 4;
    const line = /^latency request: architecture 3: block 2: kernel must be 3, 5 or 7, not 4$/;
    await expectProblem(await post({ architectures: bad, hardware: [id] }), 422, 'request.invalid', line);
    const many = { architectures: Array(2001).fill(networks[0]), hardware: [id] };
    await expectProblem(await post(many), 422, 'request.invalid', /architectures must hold at most 2000, not 2001$/);
    const product = { architectures: Array(1001).fill(networks[0]), hardware: Array(20).fill(id) };
    await expectProblem(
      await post(product),
      422,
      'request.invalid',
      /20020 predictions: ask for at most 20000 at once$/,
    );
  });

  it('refuses bodies that are no JSON, no UTF-8, or another type', async () => {
    const malformed = await post(null, { body: '{"architectures": [' });
    await expectProblem(malformed, 400, 'request.malformed-json', /^the body is not JSON: /);
    await expectProblem(await post(null, { body: '' }), 400, 'request.malformed-json', /^the body is not JSON: /);
    await expectProblem(await post(null), 422, 'request.invalid', /^latency request must be an object, not null$/);
    const text = await post({}, { headers: { 'content-type': 'text/plain' } });
    await expectProblem(text, 415, 'request.content-type', /must be application\/json, not text\/plain/);
    const packed = await post({}, { headers: { ...json, 'content-encoding': 'br' } });
    await expectProblem(packed, 415, 'request.content-type', /not with encoding br/);
  });

  it('reads no further than the limit', async () => {
    const body = `{"architectures":[${' '.repeat(latencyLimits.bodyBytes)}]}`;
    const large = await post(null, { body });
    await expectProblem(large, 413, 'request.too-large', /larger than 8 MB/);
    // The same size without a byte too many passes on to the parser.
    const fits = await post(null, { body: body.slice(0, latencyLimits.bodyBytes) });
    await expectProblem(fits, 400, 'request.malformed-json', /not JSON/);
  });

  it('names the methods and paths there are', async () => {
    const get = await runtime.call('/v1/latency');
    await expectProblem(get, 405, 'request.method', /^GET is not possible on \/v1\/latency: use POST$/);
    expect(get.headers.get('allow')).toBe('POST');
    const del = await runtime.call(`/v1/hardware/${id}/model`, { method: 'DELETE' });
    await expectProblem(del, 405, 'request.method', /use GET or HEAD$/);
    expect(del.headers.get('allow')).toBe('GET, HEAD');
    await expectProblem(await runtime.call('/v2'), 404, 'request.no-such-path', /nothing at \/v2/);
  });
});
