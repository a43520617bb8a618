/**
 * @file Runs models for timing in Chromium: the page's runner, driven from here. The page times by itself; what passes
 * between the processes is in no timing.
 */
import { existsSync } from 'node:fs';
import type { Browser, JSHandle, Page } from 'playwright-core';
import { FastpathError } from '../../../shared/errors.ts';
import type { Runner, RunnerConditions } from '../../../shared/latency/measuring/runner.ts';
import type { TimedModel } from '../../../shared/latency/measuring/schedule.ts';
import type { Visit } from '../../../shared/latency/measuring/time-visit.ts';
import { type PageServer, servePage } from './page-server.ts';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Nothing but the page: no updates, no reports, no throttling of a page that nobody sees. */
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-extensions',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--metrics-recording-only',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-pings',
];

export class BrowserRunner implements Runner {
  private constructor(
    readonly conditions: RunnerConditions,
    private readonly server: PageServer,
    private readonly browser: Browser,
    private readonly remote: JSHandle<Runner>,
  ) {}

  /**
   * @param threads of WebAssembly
   * @throws FastpathError `measure.runtime-missing`, `measure.page-missing`, `measure.threads` where the browser gives
   * WebAssembly no threads
   */
  static async open(threads: number): Promise<BrowserRunner> {
    const { chromium } = await import('playwright-core').catch((cause: unknown) => {
      throw missing('playwright-core is not here: install it with npm install playwright-core', cause);
    });
    const executablePath = process.env.FASTPATH_CHROMIUM ?? places.find((place) => existsSync(place));
    if (executablePath === undefined || !existsSync(executablePath)) {
      const where = executablePath === undefined ? '' : ` at ${executablePath}`;
      throw missing(
        `there is no Chromium${where}: install it (apt-get install chromium), or name its program in FASTPATH_CHROMIUM`,
      );
    }
    const server = await servePage();
    const browser = await chromium
      // As root, Chromium starts only without its sandbox; it loads no page but ours.
      .launch({
        executablePath,
        args: quiet,
        chromiumSandbox: process.getuid?.() !== 0,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      })
      .catch((cause: Error) => {
        server.close();
        throw missing(
          `Chromium does not start (${cause.message.split('\n')[0]}): try ${executablePath} by itself`,
          cause,
        );
      });
    try {
      return await BrowserRunner.inPage(await browser.newPage(), server, browser, threads);
    } catch (error) {
      await browser.close();
      server.close();
      throw error;
    }
  }

  private static async inPage(page: Page, server: PageServer, browser: Browser, threads: number) {
    await page.goto(server.url);
    const remote = await page.evaluateHandle(
      (count) => (globalThis as unknown as { openRunner(threads: number): Promise<Runner> }).openRunner(count),
      threads,
    );
    const inPage = await remote.evaluate((runner) => runner.conditions);
    if (threads > 1 && inPage.webAssembly?.threads !== true) {
      throw new FastpathError('measure.threads', 'this browser gives WebAssembly one thread only: use --threads 1');
    }
    const conditions = { ...inPage, runtime: `${inPage.runtime}, Chromium ${browser.version()}` };
    return new BrowserRunner(conditions, server, browser, remote);
  }

  async load(models: readonly TimedModel[]): Promise<void> {
    await this.ask((remote) => remote.evaluate((runner, given) => runner.load(given), [...models]));
  }

  async visit(key: string, visit: Visit): Promise<number> {
    const given = { key, visit };
    return this.ask((remote) => remote.evaluate((runner, { key, visit }) => runner.visit(key, visit), given));
  }

  async output(key: string): Promise<Float32Array> {
    const values = await this.ask((remote) =>
      remote.evaluate(async (runner, given) => [...(await runner.output(given))], key),
    );
    return Float32Array.from(values);
  }

  /** @throws FastpathError `measure.browser-failed` */
  private async ask<T>(question: (remote: JSHandle<Runner>) => Promise<T>): Promise<T> {
    try {
      return await question(this.remote);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
      const message = `the browser failed (${reason}): free some memory; the same command goes on`;
      throw new FastpathError('measure.browser-failed', message, { retry: true, cause });
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.close();
  }
}

function missing(message: string, cause?: unknown): FastpathError {
  return new FastpathError('measure.runtime-missing', message, { cause });
}
