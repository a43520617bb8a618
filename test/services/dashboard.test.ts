/** @file The dashboard in a real browser, over one real `fastpath serve` whose worker really searches. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AxeResults } from 'axe-core';
import type { Browser, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createdTenantSchema } from '../../shared/contract/api/tenants.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { writeClassFolders, writeTinyImages } from '../integration/tiny-images.ts';
import { openChromium } from './chromium.ts';
import { Visitor } from './dashboard/browser.ts';
import { layoutShifts, watchLayout } from './dashboard/layout-shifts.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const artefacts = join(import.meta.dirname, '../../.artefacts/dashboard');
const hardware = builtInHardware()[0]!.id;
let root: string;
let service: Service;
let browser: Browser;
let ours: Visitor;
let theirs: Visitor;
/** address of the search that is ordered */
let search: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-dashboard-'));
  await mkdir(artefacts, { recursive: true });
  await writeClassFolders(await writeTinyImages(join(root, 'shards')), join(root, 'signs'));
  service = await Service.start(root, { flags: ['--data-root', root] });
  browser = await openChromium();
  const made = await fetch(`${service.url}/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Theirs' }),
  });
  ours = await Visitor.open(browser, service.url);
  theirs = await Visitor.open(browser, service.url);
  await ours.signIn(service.key);
  await theirs.signIn(createdTenantSchema.parse(await made.json()).key.secret);
});

afterAll(async () => {
  await browser.close();
  service.kill();
  await removeRoot(root);
});

test('a folder that is chosen becomes a data set', async () => {
  const { page } = ours;
  await page.goto('/app/data');
  await page.locator('#name').fill('signs');
  await page.locator('#folder').setInputFiles(join(root, 'signs'));
  await page.getByRole('row', { name: /signs verified 10 460 / }).waitFor({ timeout: 120_000 });
});

test('an upload that broke off goes on where it was, and other files do not pass for it', async () => {
  const { page } = ours;
  await page.goto('/app/data');
  await page.locator('#name').fill('broken');
  const refuse = /\/objects\/.*classes\.txt/;
  await page.route(refuse, (route) => route.abort());
  await page.locator('#folder').setInputFiles(join(root, 'signs'));
  await page.getByText('The connection was lost').waitFor();
  await page.unroute(refuse);
  const classes = (await readdir(join(root, 'signs/train'))).slice(0, 2);
  for (const name of classes)
    await cp(join(root, 'signs/train', name), join(root, 'two', `${name}-other`), { recursive: true });
  // The page is left in the middle of it.
  await page.goto('/app/data');
  await page.getByLabel('An upload that broke off').selectOption({ label: 'go on with broken' });
  await page.locator('#folder').setInputFiles(join(root, 'two'));
  await page.getByText('This is not what was begun').waitFor();
  const sent: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PUT') sent.push(new URL(request.url()).pathname.split('/').at(-1)!);
  });
  await page.locator('#folder').setInputFiles(join(root, 'signs'));
  await page.getByRole('row', { name: /broken verified 10 460 / }).waitFor({ timeout: 120_000 });
  expect(sent).toEqual(['classes.txt']);
  // The lost connection.
  ours.troubles.length = 0;
});

test('shards that are dropped become a data set with the names beside them', async () => {
  const { page } = ours;
  await page.goto('/app/data');
  await page.locator('#name').fill('dropped');
  const shards = (await readdir(join(root, 'shards'))).filter((name) => /\.tar$|^classes\.txt$/.test(name));
  await ours.drop(
    '#upload',
    shards.map((name) => join(root, 'shards', name)),
  );
  await page.getByRole('row', { name: /dropped verified 10 460 / }).waitFor({ timeout: 120_000 });
});

test('a zip of a folder becomes a data set, and one that is broken gets one clear line', async () => {
  const { page } = ours;
  await page.goto('/app/data');
  const zip = join(root, 'signs.zip');
  await writeFile(zip, 'PK');
  await ours.drop('#upload', [zip]);
  await page.getByText('signs.zip cannot be read, its end is missing: unpack it and drop the folder.').waitFor();
  const write = 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2], "signs")';
  await promisify(execFile)('python3', ['-c', write, join(root, 'signs'), root]);
  await page.locator('#name').fill('zipped');
  await ours.drop('#upload', [zip]);
  await page.getByRole('row', { name: /zipped verified 10 460 / }).waitFor({ timeout: 120_000 });
});

test('a search is ordered through the form, which tells time and reach before', async () => {
  const { page } = ours;
  await page.goto('/app/searches/new');
  const set = page.getByLabel('Data set');
  await set.selectOption({ index: (await set.locator('option').count()) - 1 });
  await page.getByLabel('Search space').selectOption('tiny');
  await page.getByLabel('Device').selectOption(hardware);
  await page.getByText(/Networks of this space take/).waitFor();
  await page.getByLabel('Latency budget, ms').fill('0.00001');
  await page.getByText(/below the fastest possible path/).waitFor();
  await page.getByRole('button', { name: 'Order' }).click();
  await page.getByRole('alert').waitFor();
  expect(await page.getByLabel('Search space').inputValue()).toBe('tiny');

  await page.getByLabel('Latency budget, ms').fill('0.08');
  await page.getByText('More: epochs').click();
  await page.getByLabel('Warm-up epochs').fill('1');
  await page.getByLabel('Search epochs').fill('60');
  await page.getByLabel('Images a step').fill('16');
  await page.getByText('Steps a search').waitFor();

  // Another device keeps what was entered; as long as it is empty it counts for nothing.
  await page.getByRole('button', { name: 'Another device' }).click();
  await page.getByLabel('Device (2)').selectOption(builtInHardware()[1]!.id);
  await page.getByText(`enter a latency budget for ${builtInHardware()[1]!.id}`).waitFor();
  await page.getByLabel('Latency budget, ms (2)').fill('0.05');
  const lines = page.getByRole('region', { name: 'Searches of this order' }).getByRole('row');
  await expect.poll(async () => (await lines.allInnerTexts()).length).toBe(1 + 2 + 2);
  await page.getByLabel('One network that keeps all of them').check();
  await expect.poll(async () => (await lines.allInnerTexts()).length).toBe(1 + 1 + 1);
  await page.screenshot({ path: join(artefacts, 'new-search-two-devices-1280.png'), fullPage: true });
  await page.getByLabel('Device (2)').selectOption('none');
  await page.getByLabel('Latency budget, ms (2)').fill('');
  await expect.poll(async () => (await lines.allInnerTexts()).join()).not.toContain(builtInHardware()[1]!.id);
  await page.getByRole('button', { name: 'Order' }).click();
  await page.waitForURL(/\/app\/searches\/srch_/);
  search = new URL(page.url()).pathname;
  // The order that was refused.
  ours.troubles.length = 0;
});

test('it is followed live, also behind a reload, until its result is there', async () => {
  const { page } = ours;
  await watchLayout(page);
  // All of it is in sight, so that nothing moves unseen.
  await page.setViewportSize({ width: 1280, height: 6000 });
  await page.goto(search);
  await page.getByText('As a table').first().click();
  await page.getByText('Following live.').waitFor();
  const drawn = () => page.locator('#chart-loss path.series-0').getAttribute('d');
  await expect.poll(drawn, { timeout: 60_000 }).not.toBe('');
  const before = await drawn();
  await expect.poll(drawn, { timeout: 60_000 }).not.toBe(before);
  expect(await layoutShifts(page)).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 720 });
  const box = await page.locator('#chart-network').boundingBox();
  await page.screenshot({ path: join(artefacts, 'search-live-1280.png'), fullPage: true });
  await page.reload();
  expect((await drawn())!.length).toBeGreaterThan(0);
  expect((await page.locator('#chart-network').boundingBox())!.height).toBe(box!.height);

  // A page out of sight gives its connection back, and goes on behind the last record when it is seen again.
  await page.getByText('As a table').first().click();
  await page.getByText('Following live.').waitFor();
  const isFollowing = (request: Request) => request.url().includes('/events?after=');
  const see = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));`);
  await Promise.all([page.waitForEvent('requestfailed', isFollowing), see(true)]);
  const [again] = await Promise.all([page.waitForRequest(isFollowing), see(false)]);
  expect(Number(new URL(again.url()).searchParams.get('after'))).toBeGreaterThan(0);
  await page.getByText('The search has ended: succeeded.').waitFor({ timeout: 240_000 });
  await page.getByRole('heading', { name: 'Result' }).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'weights.safetensors' }).click(),
  ]);
  expect((await readFile((await download.path())!)).length).toBeGreaterThan(1000);
  const losses = () => page.locator('#table-loss').textContent();
  const followed = await losses();
  await page.reload();
  expect(await losses()).toBe(followed);
  expect(ours.troubles).toEqual([]);
});

test('another tenant sees nothing of it', async () => {
  const { page } = theirs;
  await page.goto('/app/searches');
  await page.getByText('No searches yet').waitFor();
  expect((await page.goto(search))!.status()).toBe(404);
  expect((await page.goto(`${search}/history`))!.status()).toBe(404);
  await page.goto('/app/data');
  await page.getByText('None yet.').waitFor();
});

/** What it is called, where it is, and the button there that leads to it. */
const pages: [name: string, path: () => string, button?: string][] = [
  ['sign-in', () => '/app/sign-in'],
  ['searches', () => '/app/searches'],
  ['new-search', () => '/app/searches/new'],
  ['search', () => search],
  ['data', () => '/app/data'],
  ['explore', () => '/app/explore'],
  ['explore-published', () => '/app/explore?space=mobile-inverted-residual&classes=1000'],
  ['what-devices-prefer', () => '/app/explore/devices'],
  ['keys', () => '/app/keys'],
  ['usage', () => '/app/usage'],
  ['devices', () => '/app/devices'],
  ['device-link', () => '/app/devices', 'Measure a device'],
];

test.for(pages)('%s: read by a screen reader, at any width, light and dark', async ([name, path, button]) => {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const { page } = ours;
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme });
    await page.goto(path());
    if (button !== undefined) await page.getByRole('button', { name: button }).click();
    await page.screenshot({ path: join(artefacts, `${name}-${width}.png`), fullPage: true });
    // Through the debugger, which no Content-Security-Policy binds.
    await page.evaluate(axe);
    const results = (await page.evaluate('axe.run()')) as AxeResults;
    const serious = results.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(wide, 'the page scrolls sideways').toBeLessThanOrEqual(0);
  }
  expect(await ours.weightOf(path())).toBeLessThan(80_000);
  expect(ours.troubles).toEqual([]);
});
