/** @file The dashboard and the measuring page as they run on AWS: in the deployed bundle, behind CloudFront. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sha256Of } from '../../functions/service/keys/key-text.ts';
import { isWebPath } from '../../functions/web/app.ts';
import { pageFiles } from '../../functions/web/device/files.ts';
import { openChromium } from './chromium.ts';
import { begin, openPhone, shortenPlan } from './device-browser.ts';
import { Cloud } from './lambda/cloud.ts';
import { Edge } from './lambda/edge.ts';
import { LambdaFunction } from './lambda/function.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const secret = 'what CloudFront shows';
let cloud: Cloud;
let api: LambdaFunction;
let web: LambdaFunction;
let latencyModels: LambdaFunction;
let edge: Edge;

beforeAll(async () => {
  cloud = await Cloud.start();
  const environment = { ...cloud.environment, FASTPATH_ORIGIN_SHA256: sha256Of(secret) };
  web = await LambdaFunction.deploy('web', environment);
  api = await LambdaFunction.deploy('api', environment);
  latencyModels = await LambdaFunction.deploy('latency-models', cloud.environment);
  edge = await Edge.start(secret, (path) => (isWebPath(path) ? web : api));
});

afterAll(async () => {
  edge?.stop();
  for (const deployed of [api, web, latencyModels]) deployed?.stop();
  await cloud?.stop();
});

const visit = (path: string, init: RequestInit = {}) =>
  fetch(`http://${edge.host}${path}`, { redirect: 'manual', ...init });
/** As a browser that knows no Fetch Metadata sends the form. */
const signIn = (origin: string) =>
  visit('/app/sign-in', {
    method: 'POST',
    body: new URLSearchParams({ key: cloud.key, to: '/app/data?after=x' }),
    headers: { origin },
  });

test('leads to the sign-in, whose page and files come with their own headers', async () => {
  const home = await visit('/');
  expect([home.status, home.headers.get('location')], web.log).toEqual([303, '/app']);
  const closed = await visit('/app/data?after=x');
  expect([closed.status, closed.headers.get('location')]).toEqual([303, '/app/sign-in?to=%2Fapp%2Fdata%3Fafter%3Dx']);
  const page = await visit('/app/sign-in');
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; /);
  expect(page.headers.get('cache-control')).toBe('no-store');
  const [style] = /\/app\/assets\/[0-9a-f]{12}\/style\.css/.exec(await page.text())!;
  const asset = await visit(style);
  expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
});

test('a key becomes a session for TLS only, whose pages may upload to the bucket and nowhere else', async () => {
  const answer = await signIn(`https://${edge.host}`);
  expect([answer.status, answer.headers.get('location')], web.log).toEqual([303, '/app/data?after=x']);
  const [cookie] = answer.headers.getSetCookie();
  expect(cookie).toMatch(/^fastpath-session=fps_\w{43}; Path=\/app; .*HttpOnly; Secure; SameSite=Lax$/);
  const page = await visit('/app/data', { headers: { cookie: `other=1; ${cookie!.split(';')[0]}` } });
  expect(page.status, web.log).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain(`connect-src 'self' ${cloud.client.endpoint};`);
});

test('a form of another site is refused, and so is whoever comes past CloudFront', async () => {
  for (const origin of ['https://evil.example', 'https://abc123.lambda-url.eu-central-1.on.aws']) {
    expect((await signIn(origin)).status, origin).toBe(403);
  }
  expect((await fetch(`${web.url}/app/sign-in`)).status).toBe(403);
});

test('the measuring page’s files come whole, also those too large for an answer that is not streamed', async () => {
  expect((await visit('/app/measure')).headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  let largest = 0;
  for (const { address, type, immutable, place, read } of pageFiles) {
    const answer = await visit(address);
    const { status, headers } = answer;
    expect([status, headers.get('content-type'), headers.get('content-encoding')], address).toEqual([
      200,
      type,
      'gzip',
    ]);
    expect(headers.get('cache-control'), address).toMatch(immutable ? /immutable$/ : /^no-cache$/);
    expect(Buffer.from(await answer.arrayBuffer()).equals(await readFile(place())), address).toBe(true);
    largest = Math.max(largest, (await read()).length);
  }
  expect(largest).toBeGreaterThan(6 << 20);
});

test('a device measures itself at a link of the dashboard, and its latency is known', async () => {
  const browser = await openChromium();
  try {
    const owner = await browser.newPage();
    await owner.goto(`http://${edge.host}/app/devices`);
    await owner.fill('#key', cloud.key);
    await owner.click('main button');
    await owner.click('text=Measure a device');
    const link = await owner.locator('.measuring-link a').getAttribute('href');
    expect(link).toMatch(new RegExp(`^https://${edge.host}/app/measure#fpc_`));

    const { context, page, wrongs } = await openPhone(browser);
    await shortenPlan(context);
    await begin(page, link!.replace(/^https/, 'http'), 'Board 3');
    const done = page.getByText('Done: the latency of this device is known.');
    while (!(await done.isVisible())) {
      await latencyModels.invoke({ 'detail-type': 'Scheduled Event' });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(wrongs).toEqual([]);
    await owner.click('text=To your devices');
    expect(await owner.locator('tbody').innerText()).toContain(await page.innerText('#hardware-id'));
  } finally {
    await browser.close();
  }
});
