/** @file One browser on the page of a running search: its frames, its memory, and what moved on it. */
import type { CDPSession } from 'playwright-core';
import type { Visitor } from '../services/dashboard/browser.ts';
import { layoutShifts, watchLayout } from '../services/dashboard/layout-shifts.ts';
import type { Measurement } from './report.ts';

/** A frame that somebody notices: fewer than 20 a second. */
const slowFrameMs = 50;

const collections = 3;

interface Frames {
  all: number;
  slow: number;
  slowestMs: number;
}

interface Look {
  seconds: number;
  heapBytes: number;
  elements: number;
}

export class LiveFollower {
  private readonly looks: Look[] = [];

  private constructor(
    private readonly visitor: Visitor,
    private readonly debug: CDPSession,
  ) {}

  static async open(visitor: Visitor, path: string): Promise<LiveFollower> {
    const { page } = visitor;
    const debug = await visitor.context.newCDPSession(page);
    await watchLayout(page);
    // Counted where they happen: a list of them would itself be memory that grows.
    await page.addInitScript(`
      globalThis.frames = { all: 0, slow: 0, slowestMs: 0 }; let last = performance.now();
      requestAnimationFrame(function next(now) {
        const ms = now - last; last = now;
        frames.all++; if (ms > ${slowFrameMs}) frames.slow++; frames.slowestMs = Math.max(frames.slowestMs, ms);
        requestAnimationFrame(next);
      });`);
    await page.goto(path);
    await page.getByText('As a table').first().click();
    return new LiveFollower(visitor, debug);
  }

  /** What is still held after a garbage collection, at the least of some: a page that is being fetched is no growth. */
  async lookAtMemory(seconds: number): Promise<void> {
    const { page } = this.visitor;
    let heapBytes = Number.POSITIVE_INFINITY;
    for (let i = 0; i < collections; i++) {
      await this.debug.send('HeapProfiler.collectGarbage');
      const { usedSize } = await this.debug.send('Runtime.getHeapUsage');
      heapBytes = Math.min(heapBytes, usedSize);
      await page.waitForTimeout(1000);
    }
    const elements = Number(await page.evaluate('document.getElementsByTagName("*").length'));
    this.looks.push({ seconds, heapBytes, elements });
    // The page's own growing up is no part of what it does for the rest of the time.
    if (this.looks.length === 1) await page.evaluate('Object.assign(frames, { all: 0, slow: 0, slowestMs: 0 })');
  }

  async rows(): Promise<Measurement[]> {
    const { page } = this.visitor;
    const on = `live page, ${page.viewportSize()!.width} px`;
    const { all, slow, slowestMs } = (await page.evaluate('frames')) as Frames;
    const [first, last] = [this.looks[0]!, this.looks.at(-1)!];
    const shifts = await layoutShifts(page);
    return [
      {
        name: `frames slower than ${slowFrameMs} ms, ${on}`,
        value: (100 * slow) / all,
        unit: '%',
        note: `${slow} of ${all} frames in ${last.seconds - first.seconds} s, slowest ${slowestMs.toFixed(0)} ms`,
      },
      ...this.looks.map(({ seconds, heapBytes, elements }) => ({
        name: `JavaScript memory after ${seconds} s, ${on}`,
        value: heapBytes / 1e6,
        unit: 'MB',
        note: `${elements} elements`,
      })),
      {
        name: `growth of JavaScript memory, ${on}`,
        value: (last.heapBytes - first.heapBytes) / 1e6,
        unit: 'MB',
        target: { atMost: 1 },
        note: `from ${first.seconds} s to ${last.seconds} s`,
      },
      {
        name: `layout shift, ${on}`,
        value: shifts.reduce((sum, { score }) => sum + score, 0),
        unit: 'score',
        target: { atMost: 0.01 },
        ...(shifts.length === 0 ? {} : { note: shifts[0]!.moved.join('; ') }),
      },
    ];
  }
}
