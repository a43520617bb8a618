/** @file The page of a running search, fed 10 records a second: how smooth it stays, and whether its memory grows. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { aStep } from '../../functions/web/step-example.ts';
import { openWeb, type WebSetting } from '../../functions/web/test-setting.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { progressKey, searchPrefixOf, specKey } from '../../shared/store/search-keys.ts';
import { openChromium } from '../services/chromium.ts';
import { Visitor } from '../services/dashboard/browser.ts';
import { LiveFollower } from './dashboard-follower.ts';
import type { Measurement } from './report.ts';

const recordsPerSecond = 10;
const recordsPerSegment = 300;
/** Shares of the time after which memory is looked at: 1, 5 and 10 minutes of ten. */
const looks = [0.1, 0.5, 1];
/** A computer's window and a phone's. */
const screens = [
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
];

/** Both screens follow the same search at once, each with a table open. */
export async function liveRows({ seconds }: { seconds: number }): Promise<Measurement[]> {
  const setting = await openWeb();
  // Relative addresses of the store need no server here: only the pages are asked.
  const server = createServer(getRequestListener((request) => setting.web.fetch(request)));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const browser = await openChromium();
  try {
    const { id, feed } = await aRunningSearch(setting);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const followers: LiveFollower[] = [];
    for (const viewport of screens) {
      const visitor = await Visitor.open(browser, url, { viewport });
      await visitor.signIn(setting.keys.admin);
      followers.push(await LiveFollower.open(visitor, `/app/searches/${id}`));
    }
    let fed = 0;
    for (const share of looks) {
      await feed(seconds * (share - fed));
      fed = share;
      await Promise.all(followers.map((follower) => follower.lookAtMemory(seconds * share)));
    }
    return (await Promise.all(followers.map((follower) => follower.rows()))).flat();
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
    await setting.close();
  }
}

/** Of the largest space that ships; `feed` reports for so many seconds. */
async function aRunningSearch({ store, tenantId, order }: WebSetting) {
  const [id] = (await order(['hang'])).ids;
  const prefix = searchPrefixOf(tenantId, id!);
  const space = findSpace('mobile-inverted-residual');
  const form = { space, resolution: 96, widthMultiplier: 1, exclude: [], maxPeakActivationBytes: null };
  await store.put(specKey(prefix), Buffer.from(JSON.stringify(form)));
  const { blocks } = planSupernet(space, { resolution: 96, classes: 10 });
  const steps = 10_000;
  let step = 0;
  let lines: string[] = [];
  let segment = 1;
  const say = async () => {
    const sure = step / steps;
    const probabilities = blocks.map(({ candidates }, i) => {
      const rest = (1 - sure) / candidates.length;
      return candidates.map((_, k) => (k === i % candidates.length ? sure + rest : rest));
    });
    lines.push(JSON.stringify({ ...aStep(step++, steps), probabilities }));
    await store.put(progressKey(prefix, segment), Buffer.from(`${lines.join('\n')}\n`));
    if (lines.length < recordsPerSegment) return;
    lines = [];
    segment++;
  };
  const feed = async (seconds: number) => {
    const from = performance.now();
    for (let n = 1; n <= seconds * recordsPerSecond; n++) {
      await say();
      await pause(Math.max(0, from + (1000 * n) / recordsPerSecond - performance.now()));
    }
  };
  return { id: id!, feed };
}
