/** @file What moves on a page without anybody having touched it (https://www.w3.org/TR/layout-instability/). */
import type { Page } from 'playwright-core';

export interface LayoutShift {
  score: number;
  /** what moved, with its place before and after */
  moved: string[];
}

/** Of every page that is opened in `page` from now on. */
export async function watchLayout(page: Page): Promise<void> {
  await page.addInitScript(`
    globalThis.layoutShifts = [];
    const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
    const named = (node) => node === null ? 'what is gone' : (node.nodeName + ' ' + node.textContent.slice(0, 30)).trim();
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, value, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const moved = sources.map(({ node, previousRect, currentRect }) =>
          named(node) + ': ' + place(previousRect) + ' to ' + place(currentRect));
        layoutShifts.push({ score: value, moved });
      }
    }).observe({ type: 'layout-shift', buffered: true });`);
}

export async function layoutShifts(page: Page): Promise<LayoutShift[]> {
  return (await page.evaluate('layoutShifts')) as LayoutShift[];
}
