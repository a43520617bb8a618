/** @file `POST /v1/architectures/compare`: one's own networks and any others, never another tenant's. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { comparisonAnswerSchema } from '../../shared/contract/api/comparisons.ts';
import { expectPicture } from '../../shared/picture/expect-picture.ts';
import { exampleResult } from '../service/searches/test-setting.ts';
import { type ApiSetting, openApi } from './test-setting.ts';

let api: ApiSetting;
let metered: number[];
beforeAll(async () => {
  metered = [];
  api = await openApi(() => ({ meter: ({ predictions }) => void metered.push(predictions) }));
});
afterAll(() => api.close());

const hardware = ['amd-epyc-zen4-ort-1t', 'amd-epyc-zen5-ort-1t'];
const compare = (json: object, key: 'search' | 'theirs' = 'search') =>
  api.ask('POST', '/v1/architectures/compare', { key, json: { hardware, ...json } });

it('names networks by id or brings them, with baselines and a picture where asked for', async () => {
  const { architecture } = exampleResult();
  const asked = { ids: [api.ours.architectures], architectures: [architecture], picture: true };
  const { status, json } = await compare(asked);
  expect(status).toBe(200);
  const { networks, worth, picture } = comparisonAnswerSchema.parse(json);
  const given = networks.filter(({ baseline }) => !baseline);
  expect(given.map(({ name, accuracy }) => [name, accuracy?.top1 ?? null])).toEqual([
    [api.ours.architectures, 0.5],
    [given[1]!.architectureId, null],
  ]);
  expect(given[0]!.accuracy!.of).toBe("10 validation images of data test, the supernet's weights");
  expect(networks.length - given.length).toBe(5);
  expect(worth).toBe('macs');
  expect(given[0]!.latency.map((each) => each.hardware)).toEqual(hardware);
  expectPicture(picture!, '2 networks compared');
  expect(metered).toEqual([networks.length * hardware.length]);
});

it('leaves out what is not asked for', async () => {
  const { json } = await compare({ ids: [api.ours.architectures], baselines: false });
  expect(comparisonAnswerSchema.parse(json)).toMatchObject({ networks: [{ baseline: false }], picture: null });
});

it("another tenant's network is not there, and nothing of it is told", async () => {
  for (const [key, id] of [
    ['search', api.theirs.architectures],
    ['theirs', api.ours.architectures],
  ] as const) {
    const { status, json } = await compare({ ids: [id] }, key);
    expect([status, json]).toMatchObject([404, { code: 'architecture.missing' }]);
  }
});

it.each([
  ['no network at all', {}, 422, 'request: architectures is missing'],
  [
    'hardware that nobody knows',
    { hardware: ['amd-epyc-zen4'] },
    404,
    /^no latency is known for hardware "amd-epyc-zen4"/,
  ],
  [
    'blocks that do not fit',
    { architectures: [{ ...exampleResult().architecture, head: { channels: 8 }, blocks: [] }] },
    422,
    /^request: architecture 1: blocks must hold at least 1/,
  ],
  [
    'an input side that does not fit',
    { architectures: [exampleResult().architecture, { ...exampleResult().architecture, resolution: 33 }] },
    422,
    /^request: architecture 2: resolution 33 is not a multiple of the total stride 8: use 32 or 40$/,
  ],
])('says what is wrong: %s', async (what, request, status, detail) => {
  const ids = what.startsWith('hardware') ? [api.ours.architectures] : [];
  const answer = await compare({ ids, ...request });
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({ detail: typeof detail === 'string' ? detail : expect.stringMatching(detail) });
});
