/** @file What befalls a page of the dashboard while it is open, in a real browser over one real `fastpath serve`. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { removeRoot, Service } from '../integration/service.ts';
import { writeClassFolders, writeTinyImages } from '../integration/tiny-images.ts';
import { openChromium } from './chromium.ts';
import { Visitor } from './dashboard/browser.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

let root: string;
let service: Service;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-open-page-'));
  await writeClassFolders(await writeTinyImages(join(root, 'shards')), join(root, 'signs'));
  service = await Service.start(root);
  browser = await openChromium();
  visitor = await Visitor.open(browser, service.url, { viewport: { width: 390, height: 844 } });
  await visitor.signIn(service.key);
});

afterAll(async () => {
  await browser.close();
  await service.killed();
  await removeRoot(root);
});

async function announce(name: string): Promise<void> {
  const { status } = await fetch(`${service.url}/v1/datasets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name, source: { type: 'upload', files: [{ name: 'classes.txt', bytes: 4 }] } }),
  });
  expect(status).toBe(201);
}

/** The page of data sets has asked again, and done something about the answer. */
async function lookedAgain(): Promise<void> {
  for (let i = 0; i < 2; i++) await visitor.page.waitForRequest(`${service.url}/app/data`);
}

test('what is open, scrolled and focused stays so when the list changes, and nothing is replaced where it does not', async () => {
  const { page } = visitor;
  await announce('first');
  await page.goto('/app/data');
  const summary = page.locator('summary', { hasText: 'Delete first' });
  await summary.click();
  const table = `document.querySelector('[aria-label="Data sets"]')`;
  await page.evaluate(`document.before = ${table}; document.before.scrollLeft = 40; document.before.focus();`);
  await lookedAgain();
  expect(await page.evaluate('document.before.isConnected')).toBe(true);
  await announce('second');
  await page.getByRole('row', { name: /second/ }).waitFor();
  expect(await page.evaluate('document.before.isConnected')).toBe(false);
  expect(await page.getByRole('button', { name: /Really delete/ }).allInnerTexts()).toEqual(['Really delete first']);
  expect(await page.evaluate(`[${table}.scrollLeft, document.activeElement === ${table}]`)).toEqual([40, true]);

  await summary.focus();
  await announce('third');
  await page.getByRole('row', { name: /third/ }).waitFor();
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Delete first');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await summary.waitFor({ state: 'detached' });
  expect(await page.getByRole('row').count()).toBe(1 + 2);
  expect(visitor.troubles).toEqual([]);
});

test('an upload stays one: choosing again waits for it, or goes on with it behind another sign-in', async () => {
  const { page, context } = visitor;
  await page.goto('/app/data');
  await page.locator('#name').fill('signs');
  const choose = () => page.locator('#folder').setInputFiles(join(root, 'signs'));
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/\/objects\/.*classes\.txt/, (route) => held.then(() => route.continue()));
  await choose();
  await page.getByText('Sending classes.txt').waitFor();
  await choose();
  await page.getByText('An upload is under way').waitFor();
  await context.clearCookies();
  // The page finds out, and stays.
  await lookedAgain();
  release();
  await page.getByText('You were signed out: sign in again, then choose the same files.').waitFor();
  const other = await context.newPage();
  await signInOn(other, '/app/data');
  await other.close();
  await choose();
  await page.getByRole('row', { name: /signs verified 10 460 / }).waitFor();
  expect(await page.getByRole('row', { name: /signs/ }).count()).toBe(1);
});

test('a page whose session has ended leads to the sign-in and back', async () => {
  const { page, context } = visitor;
  await page.goto('/app/searches?state=failed');
  await page.getByText('No search is in this state.').waitFor();
  await context.clearCookies();
  await page.waitForURL(/\/app\/sign-in\?to=/);
  await signInOn(page, '/app/searches?state=failed');
});

/** Of a page that is there, or is led there. */
async function signInOn(page: Visitor['page'], path: string): Promise<void> {
  if (!page.url().includes('/sign-in')) await page.goto(path);
  await page.getByLabel('API key').fill(service.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(path);
}
