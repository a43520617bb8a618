/** @file Work on many items at once whose results come in the items' order. */

/** Yields `work(item)` for each item in turn; up to `atOnce` are under way, that many results at most are held. */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncIterable<R> {
  const underWay: Promise<R>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // Awaited when its turn comes: a failure ahead is no unhandled one.
      result.catch(() => undefined);
      underWay.push(result);
      if (underWay.length === atOnce) yield await underWay.shift()!;
    }
    while (underWay.length > 0) yield await underWay.shift()!;
  } finally {
    await Promise.allSettled(underWay);
  }
}
