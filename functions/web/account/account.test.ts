import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys, usageEvents } from '../../../shared/db/schema/index.ts';
import { openWeb, signIn, type WebSetting } from '../test-setting.ts';

let setting: WebSetting;

beforeAll(async () => {
  setting = await openWeb();
});

afterAll(() => setting.close());

test('a new key is shown once, works, and is revoked', async () => {
  const made = await setting.visit('/app/keys', { form: { name: 'a <phone>', scopes: 'search' } });
  const [, secret] = /<code>(fp_\w{43})<\/code>/.exec(made.text)!;
  expect(made.headers.get('cache-control')).toBe('no-store');
  await expect(signIn(setting.web, secret!)).resolves.toMatch(/^fastpath-session=/);
  const { text } = await setting.visit('/app/keys');
  expect([text.includes('a &lt;phone&gt;'), text.includes(secret!)]).toEqual([true, false]);

  const [row] = await setting.db.select().from(keys).where(eq(keys.name, 'a <phone>'));
  const elsewhere = await setting.visit(`/app/keys/${row!.id}/revoke`, { key: 'theirs', form: {} });
  expect(elsewhere.status).toBe(404);
  expect((await setting.visit(`/app/keys/${row!.id}/revoke`, { form: {} })).status).toBe(303);
  await expect(signIn(setting.web, secret!)).rejects.toThrow('401');
});

test('a key needs a name and something that it may do; what was entered stays', async () => {
  const { status, text } = await setting.visit('/app/keys', { form: { name: 'kept' } });
  expect([status, text.includes('value="kept"'), /role="alert">Key: /.test(text)]).toEqual([422, true, true]);
});

test('keys are for those who may do everything', async () => {
  for (const visit of [{}, { form: { name: 'x', scopes: 'admin' } }]) {
    expect((await setting.visit('/app/keys', { key: 'search', ...visit })).status).toBe(403);
  }
});

test('a month’s usage is shown by day and by search, and as CSV; others’ is not in it', async () => {
  const { db, tenantId, ours, theirs } = setting;
  const event = { kind: 'gpu-seconds' as const, at: new Date('2026-10-03T12:00:00Z'), attempt: 1 };
  await db.insert(usageEvents).values([
    { ...event, tenantId, searchId: ours.searches!, gpuSeconds: 600, costMicroUsd: 1_250_000 },
    { ...event, tenantId: theirs.tenants!, searchId: theirs.searches!, gpuSeconds: 60, costMicroUsd: 9_000_000 },
  ]);
  const { text } = await setting.visit('/app/usage?month=2026-10');
  expect(text).toContain('<tr><td>2026-10-03</td><td>1.25 USD</td><td>10 min 00 s</td><td>0</td></tr>');
  expect(text.match(/<tr><td>2026-10-/g)).toHaveLength(31);
  expect(text).toContain('<desc>Cost a day, USD. 10-03: 1.25.</desc>');
  expect([text.includes(ours.searches!), text.includes(theirs.searches!)]).toEqual([true, false]);

  const csv = await setting.visit('/app/usage?month=2026-10&format=csv');
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="fastpath-usage-2026-10.csv"');
  expect(csv.text).toContain(`2026-10,search,${ours.searches},600,gpuSeconds,1.25`);
  expect((await setting.visit('/app/usage?month=soon')).status).toBe(422);
});
