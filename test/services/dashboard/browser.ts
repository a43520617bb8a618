/** @file Chromium as visitors of the dashboard use it: one context each, which hears of everything that goes wrong. */
import type { Browser, BrowserContext, Page } from 'playwright-core';

export class Visitor {
  /** what the console complained of (the Content-Security-Policy among it), and requests that left our origin */
  readonly troubles: string[] = [];
  /** bytes of answers as they came, by address, since `forget` */
  private sizes: Promise<number>[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly url: string,
  ) {}

  static async open(browser: Browser, url: string, options: Parameters<Browser['newContext']>[0] = {}) {
    const context = await browser.newContext({ baseURL: url, ...options });
    const page = await context.newPage();
    const visitor = new Visitor(context, page, url);
    page.on('console', (message) => {
      if (message.type() === 'error') visitor.troubles.push(message.text());
    });
    page.on('pageerror', (error) => visitor.troubles.push(error.message));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== url) visitor.troubles.push(`asked ${request.url()}`);
    });
    page.on('requestfinished', (request) => {
      const size = request.sizes().then(({ responseBodySize }) => responseBodySize);
      // Of a page that was left meanwhile nobody asks.
      visitor.sizes.push(size.catch(() => 0));
    });
    return visitor;
  }

  async signIn(key: string): Promise<void> {
    await this.page.goto('/app/sign-in');
    await this.page.getByLabel('API key').fill(key);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('heading', { name: 'Searches' }).waitFor();
  }

  /** Files from this machine fall onto an element of the page, as from a file manager. */
  async drop(selector: string, files: readonly string[]): Promise<void> {
    const target = this.page.locator(selector);
    await target.scrollIntoViewIfNeeded();
    const box = (await target.boundingBox())!;
    const at = { x: box.x + box.width / 2, y: box.y + 10 };
    const debug = await this.context.newCDPSession(this.page);
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      const data = { items: [], files: [...files], dragOperationsMask: 1 };
      await debug.send('Input.dispatchDragEvent', { type, ...at, data });
    }
    await debug.detach();
  }

  /** Bytes over the wire of the page with everything on it, to a browser that was never here. */
  async weightOf(path: string): Promise<number> {
    const cookies = await this.context.cookies();
    const fresh = await Visitor.open(this.context.browser()!, this.url);
    await fresh.context.addCookies(cookies);
    await fresh.page.goto(path, { waitUntil: 'load' });
    const bytes = (await Promise.all(fresh.sizes)).reduce((sum, size) => sum + size, 0);
    await fresh.context.close();
    return bytes;
  }
}
