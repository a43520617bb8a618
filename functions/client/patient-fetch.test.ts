import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError } from './api-error.ts';
import { patientFetch } from './patient-fetch.ts';

type Outcome = 'ok' | 'missing' | 'cut' | 'half' | 'busy' | 'away' | 'gateway' | 'in-flight' | 'refused' | 'stranger';
const passing: Outcome[] = ['cut', 'half', 'busy', 'away', 'gateway', 'in-flight'];
const lasting: Outcome[] = ['refused', 'missing', 'stranger'];
const url = 'http://api.test/v1/orders';
const retries = 3;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const body = JSON.stringify({ type: 'about:blank', title: code, status, code, detail: `${code}.`, requestId: 'r-1' });
  return new Response(body, { status, headers: { 'content-type': 'application/problem+json', ...headers } });
}

function answer(outcome: Outcome): Response {
  const json = { 'content-type': 'application/json' };
  if (outcome === 'busy') return problem(429, 'request.rate', { 'retry-after': '2' });
  if (outcome === 'away') return problem(503, 'database.unavailable', { 'retry-after': '5' });
  if (outcome === 'gateway') return new Response('bad gateway', { status: 502 });
  if (outcome === 'in-flight') return problem(409, 'request.in-flight', { 'retry-after': '1' });
  if (outcome === 'missing') return problem(404, 'order.missing');
  if (outcome === 'refused') return problem(409, 'order.data-set');
  if (outcome === 'stranger')
    return new Response('<p>no</p>', { status: 404, headers: { 'content-type': 'text/html' } });
  if (outcome === 'cut')
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) });
  const half = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"a":'));
      controller.error(new TypeError('terminated'));
    },
  });
  return new Response(outcome === 'half' ? half : '{"a":1}', { headers: json });
}

/** What comes of a request that meets `outcomes` in turn, and the last of them for ever. */
async function ask(outcomes: Outcome[], init: RequestInit = {}) {
  const asked: { init: RequestInit; at: number }[] = [];
  const fetch = async (_: unknown, given: RequestInit = {}) => {
    asked.push({ init: given, at: Date.now() });
    return answer(outcomes[Math.min(asked.length, outcomes.length) - 1]!);
  };
  const patient = patientFetch({ fetch: fetch as typeof globalThis.fetch, retries, timeoutMs: 1000 });
  const ended = patient(url, init).then(
    async (response) => ({ body: response.status === 204 ? null : await response.json(), error: null }),
    (error) => ({ body: null, error }),
  );
  await vi.runAllTimersAsync();
  return { asked, ...(await ended) };
}

const once = { method: 'POST', headers: { 'idempotency-key': 'k' }, body: '{}' };

test('tries again what may pass, as often as allowed, the same request each time; nothing else', async () => {
  const outcomes = fc.array(fc.constantFrom<Outcome>('ok', ...passing, ...lasting), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(outcomes, fc.constantFrom(once, { method: 'GET' }, { method: 'DELETE' }), async (all, init) => {
      const end = all.findIndex((outcome) => !passing.includes(outcome));
      const tries = Math.min(retries + 1, end < 0 ? retries + 1 : end + 1);
      const { asked, body, error } = await ask(all, init);
      expect(asked).toHaveLength(tries);
      for (const { init: given } of asked) expect(given).toMatchObject(init);
      if (all[tries - 1] === 'ok') expect(body).toEqual({ a: 1 });
      // Deleted by a try whose answer was lost.
      else if (init.method === 'DELETE' && tries > 1 && all[tries - 1] === 'missing') expect(error).toBeNull();
      else expect(error).toBeInstanceOf(ApiError);
    }),
  );
});

test('waits at least as long as it is asked to', async () => {
  const { asked } = await ask(['away', 'busy', 'ok']);
  expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(5000);
  expect(asked[2]!.at - asked[1]!.at).toBeGreaterThanOrEqual(2000);
});

test('never sends again what could make a thing twice', async () => {
  for (const outcome of passing)
    expect((await ask([outcome, 'ok'], { method: 'POST', body: '{}' })).asked).toHaveLength(1);
});

test('errors carry all that the problem says', async () => {
  const { error } = await ask(['refused']);
  expect(error).toMatchObject({ code: 'order.data-set', status: 409, requestId: 'r-1', retry: false });
  expect(error.detail).toBe('order.data-set.');
  expect(error.problem).toMatchObject({ title: 'order.data-set' });
  expect((await ask(['busy'])).error).toMatchObject({ code: 'request.rate', retry: true, retryAfterMs: 2000 });
  expect((await ask(['cut'])).error).toMatchObject({ code: 'api.unreachable', status: null, retry: true });
  expect((await ask(['stranger'])).error).toMatchObject({ code: 'api.not-fastpath', status: 404, retry: false });
});

test('gives up on silence after the time allowed, and at once where it is called off', async () => {
  const never = (_: unknown, { signal }: RequestInit) =>
    new Promise<Response>((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
  const patient = patientFetch({ fetch: never as typeof fetch, retries: 1, timeoutMs: 1000 });
  const silent = expect(patient(url)).rejects.toMatchObject({ code: 'api.timeout', retry: true });
  await vi.runAllTimersAsync();
  await silent;
  const controller = new AbortController();
  const calledOff = expect(patient(url, { signal: controller.signal })).rejects.toThrow('enough');
  controller.abort(new Error('enough'));
  await calledOff;
});
