/**
 * @file Draws the pictures of the documents anew: a search, a device and the dashboard, as they really run here.
 *
 *     npm run pictures
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { writeSynthetic } from '../../batch/data/synthetic.ts';
import { Fastpath } from '../../functions/client/index.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { openChromium } from '../services/chromium.ts';
import { Visitor } from '../services/dashboard/browser.ts';
import { openPhone } from '../services/device-browser.ts';
import { repository } from './documents.ts';

/** As the demo searches, with more time for the blocks to make up their minds. */
const wanted = {
  space: 'tiny',
  targets: [{ hardware: 'amd-epyc-zen4-ort-1t', budgetMs: 0.08 }],
  schedule: { warmupEpochs: 5, searchEpochs: 15 },
};
/** Where of its steps the running search is taken. */
const shareDone = 0.7;
const pictures = join(repository, 'docs/pictures');

const root = await mkdtemp(join(tmpdir(), 'fastpath-pictures-'));
const service = await Service.start(root, { flags: ['--data-root', root] });
const browser = await openChromium();
try {
  const fastpath = new Fastpath(service);
  // Nothing else runs while it measures.
  await takeDevice(browser, fastpath);
  const visitor = await Visitor.open(browser, service.url, { viewport: { width: 1280, height: 900 } });
  await visitor.signIn(service.key);
  await takeExplorer(visitor, await takeSearch(visitor, fastpath));
} finally {
  await browser.close();
  await service.killed();
  await removeRoot(root);
}

async function takeDevice(browser: Browser, fastpath: Fastpath): Promise<void> {
  const { code } = await fastpath.measurementSessions.create();
  const { page } = await openPhone(browser);
  await page.goto(`${service.url}/app/measure#${code}`);
  await page.click('#start button');
  await page.getByText('Done: the latency of this device is known.').waitFor({ timeout: 600_000 });
  await save(page, 'device', { fullPage: true });
}

/** @returns the architecture found */
async function takeSearch({ page }: Visitor, fastpath: Fastpath): Promise<string> {
  await writeSynthetic(new DirectoryStore(join(root, 'drawn')), { seed: 0, train: 5000, val: 1000 });
  const { id } = await fastpath.dataSets.create({ name: 'drawn', source: { type: 'directory', path: 'drawn' } });
  await fastpath.dataSets.verified(id);
  const order = await fastpath.orders.place({ ...wanted, dataSetId: id, maxCostUsd: 1 });
  const search = order.searches[0]!.id;
  await page.goto(`/app/searches/${search}`);
  let taken = false;
  for await (const record of fastpath.searches.follow(search)) {
    if (taken || record.type !== 'step' || record.step < shareDone * record.steps) continue;
    // Charts out of sight are not drawn.
    await page.setViewportSize({ width: 1280, height: 2600 });
    await page.waitForTimeout(1500);
    await save(page, 'search', { fullPage: true });
    await page.setViewportSize({ width: 1280, height: 900 });
    taken = true;
  }
  const { architectureId } = await fastpath.searches.get(search);
  const drawn = await fastpath.architectures.download(architectureId!, 'architecture.svg');
  await writeFile(join(pictures, 'network.svg'), drawn);
  return architectureId!;
}

async function takeExplorer({ page }: Visitor, architecture: string): Promise<void> {
  await page.goto(`/app/explore?architecture=${architecture}`);
  await save(page, 'explore', { fullPage: true });
}

/** In 128 colours: a third of the bytes, and nobody sees it. */
async function save(page: Page, name: string, options: { fullPage?: boolean } = {}): Promise<void> {
  const png = sharp(await page.screenshot(options)).png({ palette: true, colours: 128, effort: 10 });
  await writeFile(join(pictures, `${name}.png`), await png.toBuffer());
  process.stdout.write(`${join(pictures, name)}.png\n`);
}
