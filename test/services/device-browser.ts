/** @file Debian's Chromium at a running service: signing in, links for a device, and the page that measures it. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Service } from '../integration/service.ts';

/** A phone's screen, with everything noted that a page may not do: ask elsewhere, or break its own policy. */
export async function openPhone(browser: Browser): Promise<{ context: BrowserContext; page: Page; wrongs: string[] }> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const wrongs: string[] = [];
  page.on('pageerror', (error) => wrongs.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) wrongs.push(message.text());
  });
  page.on('request', (request) => {
    const from = new URL(page.url());
    if (from.protocol === 'http:' && new URL(request.url()).host !== from.host) wrongs.push(request.url());
  });
  return { context, page, wrongs };
}

/** As its owner makes one: signs in, presses the button. */
export async function makeLink(browser: Browser, { url, key }: Service): Promise<{ link: string; owner: Page }> {
  const owner = await (await browser.newContext()).newPage();
  await owner.goto(`${url}/app/devices`);
  await owner.fill('#key', key);
  await owner.click('main button');
  await owner.click('text=Measure a device');
  const link = await owner.locator('.measuring-link a').getAttribute('href');
  expect(link).toMatch(new RegExp(`^${url}/app/measure#fpc_[0-9A-Za-z]{43}$`));
  return { link: link!, owner };
}

/** The plan for the smallest space that ships: measured in seconds. */
export async function shortenPlan(context: BrowserContext): Promise<void> {
  await context.route('**/v1/measuring-plan?*', (route) =>
    route.continue({ url: route.request().url().replace('plan=short', 'plan=short&space=tiny') }),
  );
}

export async function begin(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.fill('#device', name);
  await page.click('#start button');
}

/** Timings that the page keeps for a reload. */
export function keptSamples(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const kept = (globalThis as unknown as { localStorage: { getItem(key: string): string | null } }).localStorage;
    return JSON.parse(kept.getItem('fastpath.measuring') ?? 'null')?.measuring.samplesUs ?? [];
  });
}
