/** @file A device that measures itself in its browser: the real page, ONNX Runtime on WebAssembly, and a real service. */
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Fastpath } from '../../functions/client/index.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { openChromium } from './chromium.ts';
import { begin, keptSamples, makeLink, openPhone, shortenPlan } from './device-browser.ts';

const patience = { timeout: 120_000 };
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let root: string;
let service: Service;
let browser: Browser;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-device-'));
  service = await Service.start(root);
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await service?.killed();
  await removeRoot(root);
});

let context: BrowserContext;
let page: Page;
let wrongs: string[];
beforeEach(async () => {
  ({ context, page, wrongs } = await openPhone(browser));
  await shortenPlan(context);
});
afterEach(async () => {
  expect(wrongs).toEqual([]);
  await context.close();
});

const done = () => page.getByText('Done: the latency of this device is known.').waitFor(patience);

/** What axe-core finds that keeps people from using the page. */
async function seriousFindings(): Promise<string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
  });
}

test('one press makes a device known, with its model and intervals, readable for everyone on the way', async () => {
  const { link, owner } = await makeLink(browser, service);
  await owner.getByRole('img', { name: 'QR code of the link' }).waitFor();
  await page.goto(link);
  await page.locator('#start').waitFor();
  const prefilled = await page.inputValue('#device');
  expect(prefilled).toMatch(/^Linux computer [a-z2-9]{5}$/);
  expect(await seriousFindings()).toEqual([]);
  await page.fill('#device', 'Board 3');
  await page.click('#start button');
  await page.getByText('Measuring: leave this page open').waitFor(patience);
  expect(await seriousFindings()).toEqual([]);
  await done();
  expect(await seriousFindings()).toEqual([]);
  const pictures = join(import.meta.dirname, '../../.artefacts/measure');
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, 'measure-390.png'), fullPage: true });

  const id = await page.innerText('#hardware-id');
  expect(id).toMatch(/^web-board-3-chrome-\d+-wasm$/);
  const hardware = await new Fastpath(service).hardware.get(id);
  expect(hardware).toMatchObject({ device: 'Board 3', scope: 'own', modelState: 'ready', blocks: 12, networks: 10 });
  expect(hardware.runtime).toMatch(/^onnxruntime-web \d+\.\d+\.\d+, WebAssembly, Chrome \d+$/);
  expect(await page.locator('#rows tr').count()).toBe(10);
  expect(await page.locator('#chart line.interval').count()).toBe(10);

  await owner.click('text=To your devices');
  expect(await owner.locator('tbody').innerText()).toContain(id);
  // Loaded again it shows the same: what is sent twice is kept once.
  await page.reload();
  await done();
  expect((await new Fastpath(service).hardware.get(id)).waiting).toBe(0);
  expect(await page.inputValue('#device')).toBe(prefilled);
});

/** A browser that tells of a graphics processor, and fails at its first model. */
const brokenWebGpu = () =>
  context.addInitScript(() => {
    const { navigator } = globalThis as unknown as { navigator: object };
    Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: async () => ({}) } });
  });

test('where WebGPU runs no model the code is not spent, and WebAssembly measures with it', async () => {
  await brokenWebGpu();
  const { link } = await makeLink(browser, service);
  await begin(page, link, 'Board 9');
  await page.getByText(/could not run the networks .*: choose WebAssembly$/).waitFor(patience);
  await page.getByLabel('WebAssembly, on one processor core').check();
  await page.click('#start button');
  await done();
  expect(await page.innerText('#hardware-id')).toMatch(/^web-board-9-chrome-\d+-wasm$/);
});

test('what was begun with one backend is not gone on with by another, and the page says what to do', async () => {
  await brokenWebGpu();
  const { link } = await makeLink(browser, service);
  await page.goto(link);
  await page.fill('#device', 'Board 10');
  await page.getByLabel('WebAssembly, on one processor core').check();
  await page.click('#start button');
  await vi.waitFor(async () => expect((await keptSamples(page)).length).toBeGreaterThan(0), patience);
  await context.addInitScript(() => {
    const { localStorage } = globalThis as unknown as {
      localStorage: { getItem(key: string): string; setItem(key: string, value: string): void };
    };
    const kept = localStorage.getItem('fastpath.measuring');
    localStorage.setItem('fastpath.measuring', kept.replace('"backend":"wasm"', '"backend":"webgpu"'));
  });
  await page.reload();
  await page.getByText(/: choose WebAssembly$/).waitFor(patience);
  await page.getByLabel('WebAssembly, on one processor core').check();
  await page.click('#start button');
  await page.getByText('This link was begun with WebGPU: choose WebGPU to go on, or make a new link').waitFor();
});

test('a page that is loaded again in the middle goes on where it was', async () => {
  const { link } = await makeLink(browser, service);
  await begin(page, link, 'Board 4');
  await vi.waitFor(async () => expect((await keptSamples(page)).length).toBeGreaterThan(30), patience);
  await page.reload();
  const before = await keptSamples(page);
  expect(before.length).toBeGreaterThan(30);
  await done();
  expect((await keptSamples(page)).slice(0, before.length)).toEqual(before);
});

test('while the page is out of sight nothing is timed, and what was under way is timed again', async () => {
  const { link } = await makeLink(browser, service);
  await begin(page, link, 'Board 5');
  await vi.waitFor(async () => expect((await keptSamples(page)).length).toBeGreaterThan(0), patience);
  const look = (hidden: boolean) =>
    page.evaluate((isHidden) => {
      const { document, Event } = globalThis as unknown as { document: EventTarget; Event: typeof globalThis.Event };
      Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await look(true);
  await page.getByText('Waiting for this page to be seen again').waitFor();
  const shown = await page.innerText('#done');
  const kept = await keptSamples(page);
  await page.waitForTimeout(1500);
  expect(await keptSamples(page)).toEqual(kept);
  expect(await page.innerText('#done')).toBe(shown);
  await look(false);
  await done();
});

test('a service that goes away is waited for, and gets what was measured once it is back', async () => {
  const { link } = await makeLink(browser, service);
  await begin(page, link, 'Board 6');
  await vi.waitFor(async () => expect((await keptSamples(page)).length).toBeGreaterThan(0), patience);
  const { port } = service;
  await service.killed();
  await page.getByText('No connection to the service').waitFor(patience);
  service = await Service.start(root, { port });
  await done();
  expect(await page.locator('#problem').isHidden()).toBe((await page.innerText('#steady')).startsWith('yes'));
  expect(await new Fastpath(service).hardware.get(await page.innerText('#hardware-id'))).toMatchObject({
    networks: 10,
  });
});

test('a code that was used, or is none, gets one clear line', async () => {
  const { link } = await makeLink(browser, service);
  await begin(page, link, 'Board 7');
  await vi.waitFor(async () => expect((await keptSamples(page)).length).toBeGreaterThan(0), patience);
  const other = await openPhone(browser);
  for (const address of [link, `${link.slice(0, -3)}xyz`]) {
    await other.page.goto('about:blank');
    await begin(other.page, address, 'Board 8');
    await other.page
      .getByText('this code is not valid, was used before, or is older than 15 minutes')
      .waitFor(patience);
    expect(await other.page.locator('#start').isVisible()).toBe(false);
  }
  await other.page.goto(`${service.url}/app/measure`);
  await other.page.getByText('This page needs a link with a code').waitFor();
  await other.context.close();
});

test('a device that says it is another one of that name can be given a new name', async () => {
  await new Fastpath(service).hardware.create({
    id: `web-taken-chrome-${browser.version().split('.')[0]}-wasm`,
    device: 'Something else',
    runtime: 'test 1',
  });
  const { link } = await makeLink(browser, service);
  await begin(page, link, 'Taken');
  await page.locator('#problem:not([hidden])').waitFor(patience);
  await page.fill('#device', 'Not taken');
  await page.click('#start button');
  await done();
});
