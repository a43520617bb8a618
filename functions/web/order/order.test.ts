import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataSets, orders, searches } from '../../../shared/db/schema/index.ts';
import { builtInHardware } from '../../../shared/latency/built-in.ts';
import { openWeb, type WebSetting } from '../test-setting.ts';

let setting: WebSetting;
let fields: Record<string, string>;
const [hardware, other] = builtInHardware().map(({ id }) => id) as [string, string];

beforeAll(async () => {
  setting = await openWeb();
  const { db, ours } = setting;
  await db.update(dataSets).set({ trainImages: 10_000 }).where(eq(dataSets.id, ours.datasets!));
  fields = { dataSetId: ours.datasets!, space: 'tiny', hardware, budgets: '0.08', maxCostUsd: '2' };
});

afterAll(() => setting.close());

const asked = (more: Record<string, string> = {}) =>
  setting.visit(`/app/searches/new?${new URLSearchParams({ ...fields, ...more })}`);
const ordersOfOurs = () => setting.db.select().from(orders).where(eq(orders.tenantId, setting.tenantId));

/** The fields of a form with these devices, and what else is entered. */
const withDevices = (
  devices: readonly (readonly [string, string])[],
  more: Record<string, string> = {},
): [string, string][] => {
  const { hardware: _, budgets: __, ...rest } = fields;
  return [
    ...Object.entries({ ...rest, ...more }),
    ...devices.flatMap(([id, budgets]): [string, string][] => [
      ['hardware', id],
      ['budgets', budgets],
    ]),
  ];
};
const askedFor = (...devices: Parameters<typeof withDevices>) =>
  setting.visit(`/app/searches/new?${new URLSearchParams(withDevices(...devices))}`);
/** Searches of each row of the estimate, by its name. */
const estimated = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/<th scope="row">([^<]+)<\/th><td>[^<]*<\/td><td class="number">(\d*)</g)].map(
      ([, name, searches]) => [name, searches],
    ),
  );

test('while it is filled in the form tells reach, time and cost', async () => {
  const { text } = await asked();
  expect(text).toMatch(/Networks of this space take <strong>[\d.]+ ms to [\d.]+ ms<\/strong>/);
  expect(estimated(text)).toEqual({ [`${hardware} ≤ 0.0800 ms`]: '1', 'All together': '1' });
  expect(estimated((await asked({ budgets: '0.08 0.09' })).text)).toMatchObject({ 'All together': '2' });
});

test('several devices get a network each or one together, with reach and time of each', async () => {
  const [first, second] = [
    [hardware, '0.08'],
    [other, '0.05'],
  ] as const;
  const each = (await askedFor([first, second], { seeds: '1 2', warmupEpochs: '1' })).text;
  expect(each.match(/Networks of this space take <strong>/g)).toHaveLength(2);
  expect(Object.values(estimated(each))).toEqual(['2', '2', '', '4']);
  const joint = (await askedFor([first, second], { mode: 'joint' })).text;
  const [name, ...rest] = Object.keys(estimated(joint));
  expect([name!.includes(hardware) && name!.includes(other), rest]).toEqual([true, ['All together']]);
  expect(joint).toMatch(/value="joint" checked=""/);
});

test('a row for another device is there when it is asked for, and counts only when it is filled in', async () => {
  const rows = (text: string) => text.match(/<select id="hardware-\d+"/g)!.length;
  const { text } = await asked({ add: 'device' });
  expect([rows((await asked()).text), rows(text)]).toEqual([1, 2]);
  expect(
    estimated(
      (
        await askedFor([
          [hardware, '0.08'],
          ['', ''],
        ])
      ).text,
    ),
  ).toMatchObject({ 'All together': '1' });
  expect(
    (
      await askedFor([
        [hardware, '0.08'],
        [other, ''],
      ])
    ).text,
  ).toContain(`enter a latency budget for ${other}`);
  expect(
    (
      await askedFor([
        [hardware, '0.08'],
        ['', '3'],
      ])
    ).text,
  ).toContain('choose the device that may take 3 ms');
});

test('one network for several devices is one search with all of their budgets', async () => {
  const { headers } = await setting.visit('/app/searches/new', {
    form: withDevices(
      [
        [hardware, '0.08'],
        [other, '0.05'],
      ],
      { mode: 'joint' },
    ),
  });
  const id = headers.get('location')!.split('/').at(-1)!;
  const [row] = await setting.db.select().from(searches).where(eq(searches.id, id));
  expect(row!.constraints.hardware).toEqual([
    { id: hardware, budgetMs: 0.08 },
    { id: other, budgetMs: 0.05 },
  ]);
});

test('what is wrong is told beside the field, and before anything is entered nothing is', async () => {
  expect((await asked({ budgets: '0.00001' })).text).toContain('is below the fastest possible path');
  expect((await asked({ budgets: 'soon' })).text).toMatch(/class="trouble">Order: .*budgetMs/);
  const empty = await setting.visit('/app/searches/new');
  expect([empty.status, empty.text.includes('class="trouble"')]).toEqual([200, false]);
});

test('an order makes its searches, once however often it is sent, and leads to them', async () => {
  const before = (await ordersOfOurs()).length;
  const form = { ...fields, once: crypto.randomUUID(), searchEpochs: '2', exclude: 'k7' };
  const first = await setting.visit('/app/searches/new', { form });
  expect([first.status, first.headers.get('location')]).toEqual([
    303,
    expect.stringMatching(/^\/app\/searches\/srch_/),
  ]);
  const again = await setting.visit('/app/searches/new', { form });
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect((await ordersOfOurs()).length).toBe(before + 1);
  const id = first.headers.get('location')!.split('/').at(-1)!;
  const [row] = await setting.db.select().from(searches).where(eq(searches.id, id));
  expect(row!.constraints).toMatchObject({ hardware: [{ id: hardware, budgetMs: 0.08 }], exclude: ['k7'] });

  const two = await setting.visit('/app/searches/new', { form: { ...fields, budgets: '0.08 0.09' } });
  const [, orderId] = /orderId=(ord_\w+)/.exec(two.headers.get('location')!)!;
  const made = await setting.db
    .select()
    .from(searches)
    .where(and(eq(searches.orderId, orderId!), eq(searches.kind, 'search')));
  expect(made.map(({ constraints }) => constraints.hardware[0]!.budgetMs).sort()).toEqual([0.08, 0.09]);
});

/** What an order from this page is known by. */
const onceOf = (text: string) => /name="once" value="([^"]*)"/.exec(text)![1]!;

test('each form orders for itself: what another device is asked for with does not tell which order it is', async () => {
  const first = await asked({ add: 'device', once: 'abc' });
  const again = await asked({ add: 'device', once: 'abc' });
  expect(onceOf(first.text)).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set([onceOf(first.text), onceOf(again.text), 'abc']).size).toBe(3);
  // Only the button that orders has it, so that it gets into no address.
  expect(first.text.match(/"once"/g)).toHaveLength(1);
  expect(first.text).toMatch(/<button type="submit" name="once" value="[^"]*">Order</);
});

test('a form that was ordered and is changed says so, and orders when it is sent again', async () => {
  const send = (once: string, budgets: string) =>
    setting.visit('/app/searches/new', { form: { ...fields, once, budgets } });
  const once = onceOf((await asked()).text);
  expect((await send(once, '0.08')).status).toBe(303);
  const before = (await ordersOfOurs()).length;
  const changed = await send(once, '0.09');
  expect([changed.status, /role="alert">An order was placed with this form before/.test(changed.text)]).toEqual([
    422,
    true,
  ]);
  expect(changed.text).toContain('value="0.09"');
  expect((await ordersOfOurs()).length).toBe(before);
  expect((await send(onceOf(changed.text), '0.09')).status).toBe(303);
  expect((await ordersOfOurs()).length).toBe(before + 1);
});

test('a refused order keeps what it is known by: sent again without what was wrong it is made once', async () => {
  const once = onceOf((await asked()).text);
  const refused = await setting.visit('/app/searches/new', { form: { ...fields, once, budgets: '0.00001' } });
  expect([refused.status, onceOf(refused.text)]).toEqual([422, once]);
});

test('a refused order keeps what was entered and makes nothing', async () => {
  const before = (await ordersOfOurs()).length;
  for (const [more, status, words] of [
    [{ budgets: '0.00001' }, 422, 'raise the budget'],
    [{ maxCostUsd: '' }, 422, 'maxCostUsd'],
    [{ maxCostUsd: '900000' }, 402, 'credit'],
    [{ dataSetId: setting.theirs.datasets! }, 404, 'there is no data set'],
  ] as [Record<string, string>, number, string][]) {
    const { status: got, text } = await setting.visit('/app/searches/new', {
      form: { ...fields, exclude: 'e6', ...more },
    });
    expect([got, text.toLowerCase().includes(words.toLowerCase())], words).toEqual([status, true]);
    expect(text).toMatch(/role="alert"/);
    expect(text).toContain('value="e6"');
  }
  expect((await ordersOfOurs()).length).toBe(before);
});
