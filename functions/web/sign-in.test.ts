import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dashboardSessions } from '../../shared/db/schema/index.ts';
import { createKey } from '../service/keys/create-key.ts';
import { sha256Of } from '../service/keys/key-text.ts';
import { revokeKey } from '../service/keys/revoke-key.ts';
import { formHeaders, openWeb, signIn, type WebSetting } from './test-setting.ts';

let setting: WebSetting;

beforeAll(async () => {
  setting = await openWeb();
});

afterAll(() => setting.close());

const at = (path: string, cookie: string) => setting.web.request(path, { headers: { cookie } });
const send = (path: string, form: Record<string, string>, headers: Record<string, string>) =>
  setting.web.request(path, { method: 'POST', body: new URLSearchParams(form).toString(), headers });

async function freshKey() {
  const { dependencies, tenantId } = setting;
  return createKey(dependencies, tenantId, { name: 'browser', scopes: ['search'] });
}

test('a key is exchanged for a cookie that no script reads, and the database keeps neither', async () => {
  const { secret, id } = await freshKey();
  const response = await send('/app/sign-in', { key: ` ${secret} `, to: '/app/keys?after=x' }, formHeaders);
  expect([response.status, response.headers.get('location')]).toEqual([303, '/app/keys?after=x']);
  const cookie = response.headers.get('set-cookie')!;
  expect(cookie).toMatch(/^fastpath-session=fps_[0-9A-Za-z]{43}; Path=\/app; Expires=[^;]*; HttpOnly; SameSite=Lax$/);
  const token = /fps_\w+/.exec(cookie)![0];
  const [row] = await setting.db.select().from(dashboardSessions).where(eq(dashboardSessions.keyId, id));
  expect(row).toMatchObject({ tokenSha256: sha256Of(token), tenantId: setting.tenantId });
  expect(JSON.stringify(row)).not.toContain(token);
});

test('over TLS the cookie insists on it', async () => {
  const { secret } = await freshKey();
  const response = await send('https://fastpath.test/app/sign-in', { key: secret }, formHeaders);
  expect(response.headers.get('set-cookie')).toMatch(/; Secure;/);
});

test.for([
  ['no key at all', 'hello', 'This is not an API key'],
  ['a key that nobody was given', 'unknown', 'This is not an API key'],
  ['a revoked key', 'revoked', 'This is not an API key'],
  ['the operator’s key', 'operator', 'the operator has no searches'],
] as const)('%s signs nobody in', async ([, key, words]) => {
  const text = key === 'hello' ? key : setting.keys[key];
  const response = await send('/app/sign-in', { key: text }, formHeaders);
  expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
  const page = await response.text();
  expect(page).toContain(words);
  expect(page).not.toContain(text === 'hello' ? 'value="hello"' : text);
});

test.for(['//evil.example/', 'https://evil.example/app/', '/app/../v1/keys', '/\\evil.example', 'javascript:alert(1)'])(
  'the sign-in leads to a page of ours, not to %s',
  async (to) => {
    const { secret } = await freshKey();
    const response = await send('/app/sign-in', { key: secret, to }, formHeaders);
    expect(response.headers.get('location')).toBe('/app');
  },
);

test('without a session a page asks to sign in and comes back', async () => {
  for (const cookie of ['', 'fastpath-session=fps_0000000000000000000000000000000000000000000']) {
    const response = await at('/app/keys?after=x', cookie);
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      '/app/sign-in?to=%2Fapp%2Fkeys%3Fafter%3Dx',
    ]);
  }
});

test('a session ends by signing out, by its age, and with its key', async () => {
  const { dependencies, tenantId, web } = setting;
  const { secret, id } = await freshKey();
  const isIn = async (cookie: string) => (await at('/app', cookie)).headers.get('location') === '/app/searches';

  const first = await signIn(web, secret);
  const second = await signIn(web, secret);
  expect([await isIn(first), await isIn(second)]).toEqual([true, true]);
  const left = await send('/app/sign-out', {}, { ...formHeaders, cookie: first });
  expect(left.headers.get('set-cookie')).toMatch(/^fastpath-session=; Max-Age=0; Path=\/app/);
  expect([await isIn(first), await isIn(second)]).toEqual([false, true]);

  const weekMs = 7 * 24 * 3600_000;
  setting.clock.aheadMs = weekMs - 60_000;
  expect(await isIn(second)).toBe(true);
  setting.clock.aheadMs = weekMs + 60_000;
  expect(await isIn(second)).toBe(false);
  setting.clock.aheadMs = 0;

  const third = await signIn(web, secret);
  await revokeKey(dependencies, tenantId, id);
  expect(await isIn(third)).toBe(false);
});

/** Addresses of the sections that a page leads to. */
const sectionsOf = (text: string) => [...text.matchAll(/<li><a href="([^"]+)"/g)].map(([, href]) => href!);

test('the first page is one that the key may open, and so are all that the pages lead to', async () => {
  const all = sectionsOf((await setting.visit('/app/searches')).text);
  expect(all).toHaveLength(6);
  for (const [key, first] of [
    ['admin', '/app/searches'],
    ['search', '/app/searches'],
    ['predict', '/app/explore'],
  ] as const) {
    expect((await setting.visit('/app', { key })).headers.get('location')).toBe(first);
    const led = sectionsOf((await setting.visit(first, { key })).text);
    const open = await Promise.all(all.map(async (path) => (await setting.visit(path, { key })).status === 200));
    expect(led).toEqual(all.filter((_, i) => open[i]));
  }
});

test('a page that a key may not open leads to one that it may', async () => {
  const { status, text } = await setting.visit('/app/searches', { key: 'predict' });
  expect([status, sectionsOf(text)]).toEqual([403, ['/app/explore']]);
  expect([...text.matchAll(/<a(?: class="brand")? href="(\/app[^"]*)">/g)].map(([, href]) => href)).toEqual([
    '/app',
    '/app/explore',
    '/app',
  ]);
});

test('without a page to come back to the sign-in leads to the first one', async () => {
  const home = await setting.web.request('/');
  expect([home.status, home.headers.get('location')]).toEqual([303, '/app']);
  const { headers } = await setting.visit('/app', { key: null });
  expect(headers.get('location')).toBe('/app/sign-in?to=%2Fapp');
  const { secret } = await freshKey();
  const response = await send('/app/sign-in', { key: secret, to: '/app' }, formHeaders);
  expect(response.headers.get('location')).toBe('/app');
});

test.for([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
  ['another origin, in a browser of before', { origin: 'http://evil.example', host: 'localhost' }],
  ['an origin that is none', { origin: 'null', host: 'localhost' }],
  ['who does not say', {}],
] as [string, Record<string, string>][])('a form from %s changes nothing', async ([, headers]) => {
  const { secret } = await freshKey();
  const cookie = await signIn(setting.web, secret);
  const type = { 'content-type': formHeaders['content-type'] };
  const response = await send('/app/sign-out', {}, { ...type, ...headers, cookie });
  expect(response.status).toBe(403);
  expect((await at('/app', cookie)).headers.get('location')).toBe('/app/searches');
});

test('a browser that knows no Fetch Metadata shows by the origin that a form is ours', async () => {
  const { secret } = await freshKey();
  const headers = {
    'content-type': formHeaders['content-type'],
    origin: 'http://192.168.0.7:8080',
    host: '192.168.0.7:8080',
  };
  expect((await send('/app/sign-in', { key: secret }, headers)).status).toBe(303);
});

test('no page runs a script of its own, is framed, or loads from elsewhere', async () => {
  const { headers, text } = await setting.visit('/app/sign-in', { key: null });
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(text).not.toMatch(/<script(?! type="module" src=)|<style| style=| on\w+=|https?:\/\//);
  const [href] = /\/app\/assets\/[0-9a-f]{12}\/style\.css/.exec(text)!;
  const style = await setting.visit(href, { key: null });
  expect([style.status, style.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
});
