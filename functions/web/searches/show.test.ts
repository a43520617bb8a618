import { afterAll, beforeAll, expect, test } from 'vitest';
import { Run } from '../../../shared/picture/live/run.js';
import { findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { candidateLabel } from '../../../shared/space/path.ts';
import { progressKey, searchPrefixOf, specKey } from '../../../shared/store/search-keys.ts';
import { cancelSearch } from '../../service/searches/cancel.ts';
import { aStep } from '../step-example.ts';
import { openWeb, signIn, type WebSetting } from '../test-setting.ts';

let setting: WebSetting;

beforeAll(async () => {
  setting = await openWeb();
});

afterAll(() => setting.close());

/** Probability of candidate `k` of so many at a step: the first one gains. */
function shareAt(step: number, k: number, candidates: number): number {
  const first = 1 / candidates + (step / 200) * (1 - 1 / candidates);
  return k === 0 ? first : (1 - first) / (candidates - 1);
}

/** A queued search of the space `tiny` that has reported so many steps. */
async function aSearch(steps: number) {
  const { store, tenantId } = setting;
  const [id] = (await setting.order(['hang'])).ids;
  const prefix = searchPrefixOf(tenantId, id!);
  const spec = {
    space: findSpace('tiny'),
    resolution: 32,
    widthMultiplier: 1,
    exclude: [],
    maxPeakActivationBytes: null,
  };
  await store.put(specKey(prefix), Buffer.from(JSON.stringify(spec)));
  const names = planSupernet(spec.space, { resolution: 32, classes: 2 }).blocks.map(({ candidates }) =>
    candidates.map(candidateLabel),
  );
  const records = Array.from({ length: steps }, (_, i) => ({
    ...aStep(i, steps),
    probabilities: i % 5 === 0 ? names.map((all) => all.map((_, k) => shareAt(i, k, all.length))) : [],
  }));
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const note = JSON.stringify({ type: 'note', step: 3, level: 'warning', message: '3 images <cannot> be decoded' });
  await store.put(progressKey(prefix, 1), Buffer.from(`${lines}${note}\n`));
  return { id: id!, path: `/app/searches/${id}`, records, names };
}

test('the page shows all that was reported, with a title, a description and a table for each chart', async () => {
  const { path } = await aSearch(40);
  const { status, text } = await setting.visit(path);
  expect(status).toBe(200);
  for (const name of ['loss', 'accuracy', 'latency-0', 'throughput']) {
    const [, svg] = new RegExp(`<div id="chart-${name}">(<svg.*?</svg>)</div>`).exec(text)!;
    expect(svg).toMatch(/<title>[^<]+<\/title><desc>[^<]+at step 39/);
    expect(text).toMatch(new RegExp(`<tbody id="table-${name}"><tr><td>`));
  }
  expect(text).toContain('39 of 40');
  expect(text).toContain('3 images &lt;cannot&gt; be decoded');
  expect(text).not.toMatch(/<script(?! type="module" src=)|<style| style=| on\w+=/);
});

test('behind each heat map is a table of the history that it draws', async () => {
  const { path, names } = await aSearch(200);
  const { text } = await setting.visit(path);
  expect(text.match(/<div id="chart-block-\d+"/g)).toHaveLength(names.length);
  names.forEach((candidates, i) => {
    const [, body] = new RegExp(`<tbody id="table-block-${i}">(.*?)</tbody>`).exec(text)!;
    const rows = [...body!.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
      [...row!.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell),
    );
    // Of steps 0, 5, … 195 every fourth, the last one among them.
    const steps = [15, 35, 55, 75, 95, 115, 135, 155, 175, 195];
    const share = (step: number, k: number) => `${(100 * shareAt(step, k, candidates.length)).toFixed(1)} %`;
    expect(rows).toEqual(steps.flatMap((step) => candidates.map((name, k) => [String(step), name, share(step, k)])));
  });
});

test('the history goes on where it was condensed', async () => {
  const { path, records } = await aSearch(40);
  const { after, ...start } = JSON.parse((await setting.visit(`${path}/history`)).text);
  expect(start.blocks.length).toBeGreaterThan(0);
  const run = new Run(start);
  expect(run.curves.points.map(({ x }) => x)).toEqual(records.map(({ step }) => step));

  const { status, headers, text } = await events(`${path}/events?after=${after - 2}`);
  expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  expect(text.match(/^id: \d+$/gm)).toEqual([`id: ${after - 1}`, `id: ${after}`]);
});

/** What is sent until the state is. */
async function events(path: string) {
  const cookie = await signIn(setting.web, setting.keys.admin);
  const response = await setting.web.request(path, { headers: { cookie, 'accept-encoding': 'gzip' } });
  const reader = response.body!.getReader();
  let text = '';
  while (!text.includes('event: state')) text += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  return { status: response.status, headers: response.headers, text };
}

test('a search is cancelled from its page', async () => {
  const { path } = await aSearch(1);
  const sent = await setting.visit(`${path}/cancel`, { form: {} });
  expect([sent.status, sent.headers.get('location')]).toEqual([303, path]);
  const { text } = await setting.visit(path);
  expect([text.includes('state-cancelled'), text.includes('Cancel the search')]).toEqual([true, false]);
  const again = await setting.visit(`${path}/cancel`, { form: {} });
  expect(again.status).toBe(303);
});

test('another tenant’s search is not there', async () => {
  const { path, id } = await aSearch(1);
  for (const address of [path, `${path}/history`, `${path}/events`]) {
    expect((await setting.visit(address, { key: 'theirs' })).status).toBe(404);
  }
  expect((await setting.visit(`${path}/cancel`, { key: 'theirs', form: {} })).status).toBe(404);
  await expect(cancelSearch(setting.dependencies, setting.tenantId, id)).resolves.toMatchObject({ id });
  expect((await setting.visit('/app/searches/srch_1')).status).toBe(404);
});

test('what was found is shown with its files, which only its owner gets', async () => {
  const { searches, architectures } = setting.ours;
  const { text } = await setting.visit(`/app/searches/${searches}`);
  expect(text).toContain('Top-1 on 10 validation images');
  const file = `/app/architectures/${architectures}/files/weights.safetensors`;
  const { tenantId, store } = setting;
  await store.put(`${searchPrefixOf(tenantId, searches!)}/result/weights.safetensors`, Buffer.from('w'));
  expect((await setting.visit(`/app/searches/${searches}`)).text).toContain(`href="${file}"`);
  const ours = await setting.visit(file);
  expect([ours.status, ours.headers.get('location')]).toEqual([302, expect.stringContaining('weights.safetensors')]);
  expect((await setting.visit(file, { key: 'theirs' })).status).toBe(404);
});
