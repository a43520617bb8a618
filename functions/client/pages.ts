/** @file Lists that come in pages, as one stream of items. */
import type { Page } from '../../shared/contract/api/common.ts';

/** All items, newest first; a page is asked for when the one before was used up. */
export async function* itemsOf<T>(page: (after: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void> {
  for (let after: string | undefined; ; ) {
    const { items, next } = await page(after);
    yield* items;
    if (next === null) return;
    after = next;
  }
}
