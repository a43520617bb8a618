/** @file Own hardware through the API: made, measured by key and by a device's session, served, kept from others. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HardwareDetail } from '../../shared/contract/api/hardware.ts';
import type { Measurement } from '../../shared/contract/api/measurements.ts';
import { findLatencyTable } from '../../shared/latency/built-in.ts';
import { findLatencyModel } from '../../shared/latency/built-in-models.ts';
import { fitLatencyModel } from '../../shared/latency/fit/fit-model.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { measuredArchitecture } from '../../shared/latency/measured-network.ts';
import { refitWaiting } from '../service/hardware/refit-hardware.ts';
import { shippedId, shippedSpace, shortPlanTimings } from '../service/hardware/shipped-timings.ts';
import { type Answer, type ApiSetting, type Ask, aDevice, openApi } from './test-setting.ts';

let api: ApiSetting;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

let made = 0;
let id: string;
beforeEach(async () => {
  id = `board-${made++}`;
  expect((await post('/v1/hardware', aDevice(id))).status).toBe(201);
});

const post = (path: string, json: unknown, ask: Ask = {}) => api.ask('POST', path, { json, ...ask });
const get = (path: string, ask: Ask = {}) => api.ask('GET', path, ask);
const measure = (measurements: unknown, to = id, ask: Ask = {}) =>
  post(`/v1/hardware/${to}/measurements`, { measurements }, ask);
const detail = async (of = id, ask: Ask = {}) => (await get(`/v1/hardware/${of}`, ask)).json as HardwareDetail;
const kept = async (query = '') =>
  (await get(`/v1/hardware/${id}/measurements${query}`)).json as { items: Measurement[]; next: string | null };
const code = (answer: Answer) => [answer.status, (answer.json as { code: string }).code];

async function refit(): Promise<void> {
  const { db, store, clock, models } = api.dependencies;
  const deps = { db, store, clock, fitModel: fitLatencyModel, changed: models.forget };
  await refitWaiting(deps, (error) => {
    throw error;
  });
}

const signature = 'mbconv-k5-e6-s2-i24-o40-r56';
const row = (item: string, more: object = {}): Measurement =>
  ({ item, signature, latencyMs: 0.5, ...more }) as Measurement;

describe('hardware', () => {
  it('is listed and shown to its tenant, first without a model', async () => {
    expect(await detail()).toMatchObject({ id, name: id, scope: 'own', modelVersion: null, modelState: 'none' });
    const { hardware } = (await get('/v1/hardware', { key: 'predict' })).json as { hardware: { id: string }[] };
    expect(hardware.map((each) => each.id)).toEqual(expect.arrayContaining([id, shippedId]));
    expect(code(await post('/v1/hardware', aDevice(id)))).toEqual([409, 'hardware.exists']);
    expect(code(await post('/v1/hardware', aDevice(shippedId)))).toEqual([409, 'hardware.public']);
  });

  it('that is measured by a short plan predicts as the device does, and takes orders', async () => {
    const added = await measure(shortPlanTimings());
    expect(added.json).toEqual({ hardware: id, added: 23, known: 0, modelVersion: null, modelState: 'fitting' });
    await refit();
    const { modelVersion, ...rest } = await detail();
    expect(rest).toMatchObject({ modelState: 'ready', blocks: 12, networks: 10, waiting: 0, problem: null });

    const networks = (findLatencyTable(shippedId).networks ?? [])
      .filter((network) => 'path' in network && network.space === shippedSpace.space && network.drawn === 'uniform')
      .slice(0, 50);
    const architectures = networks.map(measuredArchitecture);
    const answer = await post('/v1/latency', { architectures, hardware: [id] }, { key: 'predict' });
    const { predictions } = answer.json as { predictions: { latencyMs: number }[] };
    const shipped = new FittedLatencyModel(findLatencyModel(shippedId));
    const errors = predictions.map(({ latencyMs }, i) =>
      Math.abs((1e3 * latencyMs) / shipped.predict(architectures[i]!).latencyUs - 1),
    );
    expect(errors.length).toBe(50);
    expect(errors.filter((error) => error < 0.1).length).toBeGreaterThanOrEqual(48);

    const model = await get(`/v1/hardware/${id}/model?version=${modelVersion}`);
    expect(model.headers.get('etag')).toBe(`"${modelVersion}"`);
    expect(model.headers.get('cache-control')).toMatch(/^private/);
    const [budgetMs] = predictions.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
    const order = { dataSetId: api.ours.datasets, space: shippedSpace.space, targets: [{ hardware: id, budgetMs }] };
    const estimate = await post('/v1/orders/estimate', order);
    expect(estimate.status, estimate.text).toBe(200);
  });

  it('is gone once it is deleted, with all that was known of it', async () => {
    await measure(shortPlanTimings());
    await refit();
    expect((await get(`/v1/hardware/${id}/model`)).status).toBe(200);
    expect((await api.ask('DELETE', `/v1/hardware/${id}`)).status).toBe(204);
    for (const path of ['', '/model', '/measurements']) {
      expect((await get(`/v1/hardware/${id}${path}`)).status).toBe(404);
    }
    const left: string[] = [];
    for await (const { key } of api.store.list(`tenants/${api.tenantId}/latency-`)) left.push(key);
    expect(left.filter((key) => key.includes(`/${id}/`))).toEqual([]);
    // The same id again is new hardware.
    expect((await post('/v1/hardware', aDevice(id))).status).toBe(201);
    expect((await kept()).items).toEqual([]);
  });

  it('is nothing to other tenants, whatever they ask', async () => {
    await measure(shortPlanTimings());
    await refit();
    const theirs: Ask = { key: 'theirs' };
    const architectures = [measuredArchitecture(findLatencyTable(shippedId).networks![0]!)];
    const order = { dataSetId: api.theirs.datasets, space: 'tiny', targets: [{ hardware: id, budgetMs: 1 }] };
    const answers = [
      await get(`/v1/hardware/${id}`, theirs),
      await get(`/v1/hardware/${id}/model`, theirs),
      await get(`/v1/hardware/${id}/measurements`, theirs),
      await api.ask('DELETE', `/v1/hardware/${id}`, theirs),
      await measure([row('a')], id, theirs),
      await post('/v1/latency', { architectures, hardware: [id] }, theirs),
      await post('/v1/orders/estimate', order, theirs),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await get('/v1/hardware', theirs)).text).not.toContain(`"${id}"`);
    // Their own of that id is another device.
    expect((await post('/v1/hardware', aDevice(id), theirs)).status).toBe(201);
    expect(await detail(id, theirs)).toMatchObject({ modelVersion: null, waiting: 0 });
    expect(await detail()).toMatchObject({ blocks: 12 });
  });

  it("of the operator is everyone's to read and the operator's to write", async () => {
    const operator: Ask = { key: 'operator' };
    const shared = `shared-${id}`;
    expect((await post('/v1/hardware', aDevice(shared), operator)).json).toMatchObject({ scope: 'public' });
    expect((await measure(shortPlanTimings(), shared, operator)).status).toBe(200);
    await refit();
    for (const key of ['admin', 'theirs'] as const) {
      expect(await detail(shared, { key })).toMatchObject({ scope: 'public', blocks: 12, modelState: 'ready' });
      expect((await get('/v1/hardware', { key })).text).toContain(`"${shared}"`);
      const model = await get(`/v1/hardware/${shared}/model`, { key });
      expect(model.headers.get('cache-control')).toMatch(/^public/);
      expect(code(await measure([row('a')], shared, { key }))).toEqual([409, 'hardware.public']);
      expect(code(await api.ask('DELETE', `/v1/hardware/${shared}`, { key }))).toEqual([409, 'hardware.public']);
      expect(code(await post('/v1/hardware', aDevice(shared), { key }))).toEqual([409, 'hardware.public']);
    }
    expect(await api.store.get(`public/latency-models/${shared}/latest.json`)).not.toBeNull();
    expect((await api.ask('DELETE', `/v1/hardware/${shared}`, operator)).status).toBe(204);
    expect((await get(`/v1/hardware/${shared}/model`)).status).toBe(404);
  });

  it('says why there is no model where whole networks are all that was timed', async () => {
    await measure(shortPlanTimings().filter(({ path }) => path !== undefined));
    await refit();
    expect(await detail()).toMatchObject({
      modelState: 'failed',
      problem: { code: 'latency.nothing-timed', message: expect.stringContaining('ten of its blocks') },
    });
    await measure(shortPlanTimings());
    await refit();
    expect(await detail()).toMatchObject({ modelState: 'ready', problem: null, networks: 10 });
  });
});

describe('measurements', () => {
  it('sent again are kept once, and the later upload counts', async () => {
    expect((await measure([row('a'), row('b', { signature: 'call' })])).json).toMatchObject({ added: 2, known: 0 });
    expect((await measure([row('a')])).json).toMatchObject({ added: 0, known: 1 });
    expect((await measure([row('a'), row('c', { signature: 'head-i320-o1280-r7' })])).json).toMatchObject({
      added: 1,
      known: 1,
    });
    await measure([row('again', { latencyMs: 0.7 })]);
    await refit();
    const model = (await get(`/v1/hardware/${id}/model`)).json as {
      parts: Record<string, number[]>;
      overheadUs: number;
    };
    expect(model.parts[signature]![0]).toBe(700);
    expect(model.overheadUs).toBe(500);
  });

  it('are listed as they were sent, the last upload first, page by page', async () => {
    await measure([
      row('b'),
      row('a', { signature: 'head-i320-o1280-r7', spreadMs: 0.01, count: 7, driftFraction: 0.01 }),
    ]);
    await measure([row('c', { latencyMs: 0.123456, measuredAt: '2026-11-01T00:00:00.000Z' })]);
    const first = await kept('?limit=2');
    const rest = await kept(`?limit=2&after=${first.next}`);
    expect([...first.items, ...rest.items].map(({ item }) => item)).toEqual(['c', 'a', 'b']);
    expect(rest.next).toBeNull();
    expect(first.items[0]).toEqual({
      ...row('c', { latencyMs: 0.123456, measuredAt: '2026-11-01T00:00:00.000Z' }),
      ...{ spreadMs: 0, count: 1, upload: 2 },
    });
    expect(first.items[1]).toMatchObject({ spreadMs: 0.01, count: 7, driftFraction: 0.01, upload: 1 });
    expect(code(await get(`/v1/hardware/${id}/measurements?after=bm9uZQ`))).toEqual([422, 'request.invalid']);
  });

  const architecture = measuredArchitecture(findLatencyTable(shippedId).networks![0]!);
  const path = { space: 'tiny', resolution: 32, classes: 10, path: [0, 0, 0, 0, 0, 0, 0, 0] };
  it.each<[string, number, RegExp, Measurement[]]>([
    [
      'a signature that is none',
      422,
      /item bad: "mbconv-k4" is no block signature/,
      [row('bad', { signature: 'mbconv-k4' })],
    ],
    [
      'a shortcut between two shapes',
      422,
      /item bad: .*different shapes/,
      [row('bad', { signature: `${signature}-id` })],
    ],
    [
      'a size beyond all reason',
      422,
      /item bad: .*over 1000000/,
      [row('bad', { signature: 'classifier-i9000000-c10' })],
    ],
    ['two subjects', 422, /item bad: give one of .*not 2/, [row('bad', { architecture })]],
    ['no subject', 422, /item bad: give one of .*not 0/, [{ item: 'bad', latencyMs: 1 } as Measurement]],
    [
      'half a path',
      422,
      /item bad: a path needs/,
      [{ item: 'bad', latencyMs: 1, path: [0] } as unknown as Measurement],
    ],
    [
      'a space that is none',
      422,
      /item bad: .*space/,
      [{ item: 'bad', latencyMs: 1, ...path, space: 'huge' } as Measurement],
    ],
    ['a path too short', 422, /item bad: /, [{ item: 'bad', latencyMs: 1, ...path, path: [0] } as Measurement]],
    [
      'blocks that do not fit',
      422,
      /item bad: .*block/,
      [
        {
          item: 'bad',
          latencyMs: 9,
          architecture: { ...architecture, blocks: architecture.blocks.slice(1) },
        } as Measurement,
      ],
    ],
    [
      'one item twice',
      422,
      /item bad: this name stands on item bad already/,
      [row('bad'), row('bad', { signature: 'call' })],
    ],
    ['one thing twice', 422, /item bad: .*stands on item good already/, [row('good'), row('bad')]],
    ['another time for an item', 409, /item old was sent before/, [row('old', { latencyMs: 0.6 })]],
  ])('%s is refused, named, and nothing of the upload is kept', async (_, status, message, wrong) => {
    await measure([row('old')]);
    const fine = row('fine', { signature: 'head-i320-o1280-r7' });
    const answer = await measure([fine, ...wrong]);
    expect([answer.status, (answer.json as { detail: string }).detail]).toEqual([
      status,
      expect.stringMatching(message),
    ]);
    expect(answer.text).toContain('othing was imported');
    expect((await kept()).items.map(({ item }) => item)).toEqual(['old']);
    expect(await detail()).toMatchObject({ waiting: 1 });
  });

  it.each([
    [1e-3, /faster than any known device: are they milliseconds given as microseconds, or seconds/],
    [1e3, /slower than any known device: are they microseconds given as milliseconds/],
  ])('times %f as long are refused with the unit that may have been meant', async (factor, hint) => {
    const wrong = shortPlanTimings().map((each) => ({ ...each, latencyMs: each.latencyMs * factor }));
    const answer = await measure(wrong);
    expect(code(answer)).toEqual([422, 'import.implausible']);
    expect((answer.json as { detail: string }).detail).toMatch(hint);
    expect((answer.json as { detail: string }).detail).toContain('Nothing was imported; "anySpeed": true');
    expect((await kept()).items).toEqual([]);
  });

  it('of any speed are taken where one insists', async () => {
    const fast = { measurements: [row('fast', { latencyMs: 1e-6 })], anySpeed: true };
    expect((await post(`/v1/hardware/${id}/measurements`, fast)).status).toBe(200);
  });

  it('end in the same model however they are split, repeated and ordered', async () => {
    const all = shortPlanTimings();
    await measure(all);
    await refit();
    const splits = fc.array(fc.tuple(fc.nat(all.length - 1), fc.integer({ min: 1, max: all.length })), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(splits, async (cuts) => {
        const again = `${id}-${made++}`;
        await post('/v1/hardware', { ...aDevice(again) });
        for (const [from, length] of cuts) await measure(all.slice(from, from + length), again);
        await measure(all, again);
        expect((await measure(all, again)).json).toMatchObject({ added: 0, known: all.length });
        await refit();
        const parts = async (of: string) =>
          ((await get(`/v1/hardware/${of}/model`)).json as { parts: Record<string, number[]> }).parts;
        const [whole, split] = [await parts(id), await parts(again)];
        expect(Object.keys(split).sort()).toEqual(Object.keys(whole).sort());
        for (const [name, [latencyUs]] of Object.entries(whole)) {
          expect(Math.abs(split[name]![0]! / latencyUs! - 1), name).toBeLessThan(1e-3);
        }
      }),
      { numRuns: 3 },
    );
  });
});

describe('a measurement session', () => {
  interface Session {
    id: string;
    code: string;
  }
  const begin = async () => (await post('/v1/measurement-sessions', undefined)).json as Session;
  const swap = (given: string, hardware: object = aDevice(id)) =>
    post('/v1/measurement-sessions/swap', { code: given, hardware }, { key: null });
  const asDevice = (token: string): Ask => ({ key: null, headers: { authorization: `Bearer ${token}` } });
  const tokenOf = (answer: Answer) => (answer.json as { token: string }).token;
  const withBody = (token: string): Ask => ({
    key: null,
    headers: { ...asDevice(token).headers, 'content-type': 'application/json' },
  });
  const state = async (session: Session) =>
    ((await get(`/v1/measurement-sessions/${session.id}`)).json as { state: string }).state;

  it('makes new hardware, measures it and sees its model, without a key', async () => {
    const session = await begin();
    expect(await state(session)).toBe('waiting');
    const phone = `phone-${id}`;
    const token = tokenOf(await swap(session.code, aDevice(phone)));
    expect((await get('/v1/measuring-plan?space=tiny', asDevice(token))).status).toBe(200);
    expect((await measure(shortPlanTimings(), phone, withBody(token))).json).toMatchObject({ added: 23 });
    await refit();
    expect(await detail(phone, asDevice(token))).toMatchObject({ scope: 'own', modelState: 'ready' });
    expect((await get(`/v1/hardware/${phone}/model`, asDevice(token))).status).toBe(200);
    expect((await get(`/v1/measurement-sessions/${session.id}`, asDevice(token))).json).toMatchObject({
      ...{ state: 'active', hardware: phone, measurements: 23 },
    });
    // Its tenant sees the same.
    expect(await detail(phone)).toMatchObject({ blocks: 12 });
  });

  it('opens nothing but its own hardware', async () => {
    const session = await begin();
    const token = tokenOf(await swap(session.code));
    const other = await begin();
    const answers = [
      await get(`/v1/hardware/${api.ours.hardware}`, asDevice(token)),
      await get(`/v1/hardware/${shippedId}/model`, asDevice(token)),
      await measure([row('a')], api.ours.hardware, withBody(token)),
      await get(`/v1/measurement-sessions/${other.id}`, asDevice(token)),
      await api.ask('DELETE', `/v1/measurement-sessions/${other.id}`, asDevice(token)),
    ];
    expect(answers.map(code)).toEqual(answers.map(() => [404, 'session.elsewhere']));
    const refused = [
      await api.ask('DELETE', `/v1/hardware/${id}`, asDevice(token)),
      await get(`/v1/hardware/${id}/measurements`, asDevice(token)),
      await get('/v1/hardware', asDevice(token)),
      await get('/v1/keys', asDevice(token)),
      await post('/v1/measurement-sessions', undefined, asDevice(token)),
      await post('/v1/latency', {}, withBody(token)),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 401));
  });

  it('has no say in what speed is possible', async () => {
    const token = tokenOf(await swap((await begin()).code));
    const tooFast = [{ ...row('a'), latencyMs: 1e-6 }];
    expect(code(await measure(tooFast, id, withBody(token)))).toEqual([422, 'import.implausible']);
    const anyway = { measurements: tooFast, anySpeed: true };
    expect(code(await post(`/v1/hardware/${id}/measurements`, anyway, withBody(token)))).toEqual([
      403,
      'auth.forbidden',
    ]);
    expect((await detail(id)).blocks).toBe(0);
    expect((await post(`/v1/hardware/${id}/measurements`, anyway)).status).toBe(200);
  });

  it('begins once: a code is worth nothing after its first use, even for two at once', async () => {
    const { code: given } = await begin();
    const answers = await Promise.all([swap(given), swap(given), swap(given)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403]);
    expect(code(await swap(given))).toEqual([403, 'session.code']);
    expect(code(await swap(`fpc_${'0'.repeat(43)}`))).toEqual([403, 'session.code']);
  });

  it('keeps its code where the hardware is refused', async () => {
    const { code: given } = await begin();
    expect(code(await swap(given, { ...aDevice(id), threads: 2 }))).toEqual([409, 'hardware.differs']);
    expect(code(await swap(given, aDevice(shippedId)))).toEqual([409, 'hardware.public']);
    expect((await swap(given)).status).toBe(200);
  });

  it('ends: its code after 15 minutes, its token after 2 hours, both when it is ended', async () => {
    const minutes = (count: number) => {
      api.clock.aheadMs += count * 60_000;
    };
    const [early, late, ended] = [await begin(), await begin(), await begin()];
    minutes(14.9);
    const token = tokenOf(await swap(early.code));
    minutes(0.2);
    expect(code(await swap(late.code))).toEqual([403, 'session.code']);
    expect(await state(late)).toBe('expired');
    minutes(119);
    expect(
      (
        await measure(
          [row('in time')].map((each) => ({ ...each, item: 'in-time' })),
          id,
          withBody(token),
        )
      ).status,
    ).toBe(200);
    minutes(1);
    expect(code(await measure([row('late')], id, withBody(token)))).toEqual([401, 'auth.unauthenticated']);
    expect(await state(early)).toBe('expired');

    expect((await api.ask('DELETE', `/v1/measurement-sessions/${ended.id}`)).status).toBe(204);
    expect((await swap(ended.code)).status).toBe(403);
    expect(await state(ended)).toBe('ended');
    const revoked = await begin();
    const revokedToken = tokenOf(await swap(revoked.code));
    await api.ask('DELETE', `/v1/measurement-sessions/${revoked.id}`, asDevice(revokedToken));
    expect((await get(`/v1/hardware/${id}`, asDevice(revokedToken))).status).toBe(401);
  });

  it('ends with its hardware', async () => {
    const { code: given } = await begin();
    const token = tokenOf(await swap(given));
    await api.ask('DELETE', `/v1/hardware/${id}`);
    expect((await measure([row('a')], id, withBody(token))).status).toBe(401);
  });
});

describe('the measuring plan', () => {
  it('is what fastpath measure times', async () => {
    const short = (await get('/v1/measuring-plan')).json as {
      parts: string[];
      networks: unknown[];
      resolution: number;
    };
    expect([short.parts.length, short.networks.length, short.resolution]).toEqual([12, 10, 224]);
    const full = (await get('/v1/measuring-plan?space=tiny&plan=full&resolution=64')).json as typeof short & {
      complete: boolean;
    };
    expect([full.complete, full.networks.length, full.resolution]).toEqual([true, 40, 64]);
  });

  it.each([
    ['space=huge', 'space.unknown'],
    ['resolution=33', 'space.resolution'],
    ['plan=long', 'request.invalid'],
  ])('%s is refused', async (query, expected) => {
    expect(code(await get(`/v1/measuring-plan?${query}`))).toEqual([422, expected]);
  });
});
