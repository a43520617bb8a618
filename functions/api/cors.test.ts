import { expect, test } from 'vitest';
import { checkedOrigins, withCors } from './cors.ts';

const app = 'https://app.example.com';
const answer = async (request: Request) =>
  new Response(request.method, { headers: { 'x-request-id': '1', vary: 'accept' } });
const ask = (origins: readonly string[], method: string, headers: Record<string, string>) =>
  withCors(origins, answer)(new Request('https://api.example.com/v1/orders', { method, headers }), {});

test('pages of the origins named may read answers, with a key and without cookies; others may not', async () => {
  const allowed = await ask([app], 'GET', { origin: app });
  expect(await allowed.text()).toBe('GET');
  expect(allowed.headers.get('access-control-allow-origin')).toBe(app);
  expect(allowed.headers.get('access-control-expose-headers')).toContain('x-request-id');
  expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
  expect(allowed.headers.get('vary')).toBe('accept, origin');
  for (const headers of [{ origin: 'https://app.example.com.evil.net' }, { origin: 'null' }, {}]) {
    const other = await ask([app], 'GET', headers as Record<string, string>);
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    expect(other.headers.get('vary')).toBe('accept, origin');
  }
  expect((await ask(['*'], 'GET', { origin: 'https://any.example' })).headers.get('access-control-allow-origin')).toBe(
    'https://any.example',
  );
});

test('a preflight is answered here for them, and by the API for others', async () => {
  const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
  const allowed = await ask([app], 'OPTIONS', { origin: app, ...asked });
  expect([allowed.status, await allowed.text()]).toEqual([204, '']);
  expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(allowed.headers.get('access-control-allow-methods')).toContain('POST');
  const refused = await ask([app], 'OPTIONS', { origin: 'https://evil.net', ...asked });
  expect([await refused.text(), refused.headers.get('access-control-allow-methods')]).toEqual(['OPTIONS', null]);
});

test('without origins nothing is added', () => {
  expect(withCors([], answer)).toBe(answer);
});

test('origins are scheme, host and port', () => {
  expect(checkedOrigins([app, 'http://localhost:5173', '*'])).toHaveLength(3);
  for (const wrong of ['app.example.com', `${app}/`, `${app}/page`, '', 'https://APP.example.com']) {
    expect(() => checkedOrigins([wrong])).toThrow(/is no origin/);
  }
});
