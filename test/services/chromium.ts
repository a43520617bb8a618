/** @file Debian's Chromium, or the one that FASTPATH_CHROMIUM names. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Nothing of its own goes over the network. */
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

/** @throws Error that says what to install where there is none */
export async function openChromium(): Promise<Browser> {
  const executablePath = process.env.FASTPATH_CHROMIUM ?? places.find((place) => existsSync(place));
  if (executablePath === undefined) throw new Error('there is no Chromium: apt-get install chromium');
  // As root it starts only without its sandbox; it loads no page but ours.
  return chromium.launch({ executablePath, args: quiet, chromiumSandbox: process.getuid?.() !== 0 });
}
