import { afterAll, beforeAll, expect, test } from 'vitest';
import { attempts } from '../../../shared/db/schema/index.ts';
import { progressKey, searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { submitSearch } from '../../service/searches/submit.ts';
import { aStep } from '../step-example.ts';
import { openWeb, type WebSetting } from '../test-setting.ts';

let setting: WebSetting;

beforeAll(async () => {
  setting = await openWeb();
});

afterAll(() => setting.close());

test('the list shows what each search has done and cost, of its owner only', async () => {
  const { store, tenantId, db, clock, dependencies } = setting;
  const { ids } = await setting.order(['hang', 'hang']);
  await submitSearch(dependencies, ids[0]!);
  const prefix = searchPrefixOf(tenantId, ids[0]!);
  await store.put(progressKey(prefix, 1), Buffer.from(`${JSON.stringify(aStep(30, 120))}\n`));
  const hourAgo = new Date(clock.now().getTime() - 3600_000);
  await db.insert(attempts).values({
    ...{ tenantId, searchId: ids[0]!, n: 7, jobId: 'j', startedAt: hourAgo, stoppedAt: clock.now() },
    ...{ gpuSeconds: 1800, pricePerHourMicroUsd: 5_000_000 },
  });

  const { status, text } = await setting.visit('/app/searches');
  expect(status).toBe(200);
  for (const id of ids) expect(text).toContain(`href="/app/searches/${id}"`);
  expect(text).toContain('25.0 %');
  expect(text).toContain('2.50 USD');
  expect(text).not.toContain(setting.theirs.searches!);

  const queued = await setting.visit('/app/searches?state=queued');
  expect(queued.text).toContain(ids[1]!);
  expect(queued.text).not.toContain(ids[0]!);
});

test('a list of many is read page by page', async () => {
  await setting.order(
    Array.from({ length: 30 }, () => 'hang' as const),
    1000,
    setting.theirs.tenants,
  );
  const first = await setting.visit('/app/searches', { key: 'theirs' });
  const [older] = /\/app\/searches\?after=srch_\w+/.exec(first.text)!;
  const second = await setting.visit(older, { key: 'theirs' });
  const idsOf = (text: string) => new Set(text.match(/srch_\w{26}(?=")/g));
  const shown = [...idsOf(first.text.replace(older, '')), ...idsOf(second.text.replace(older, ''))];
  expect([shown.length, new Set(shown).size]).toEqual([31, 31]);
});

test.for(['/app/searches?state=lost', '/app/searches?after=%27', '/app/searches?colour=red'])(
  'an address that means nothing is refused in one line: %s',
  async (path) => {
    const { status, text } = await setting.visit(path);
    expect([status, /<p>(Address: .*)<\/p>/.test(text)]).toEqual([422, true]);
  },
);

test('a key without the scope sees no searches', async () => {
  const { status, text } = await setting.visit('/app/searches', { key: 'predict' });
  expect([status, text.includes('needs a key with scope search')]).toEqual([403, true]);
});
