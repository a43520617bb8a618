/** @file Work begun before it is asked for. */

/** Results by position, begun ahead and taken once. */
export class Ahead<T> {
  private readonly begun = new Map<number, Promise<T>>();
  /** all that is under way, dropped or not */
  private readonly running = new Set<Promise<T>>();

  constructor(private readonly begin: (position: number) => Promise<T>) {}

  /** The result at `position`; those at `next` are under way from now on, and any others are dropped. */
  async take(position: number, next: readonly number[]): Promise<T> {
    const wanted = [position, ...next];
    for (const each of this.begun.keys()) if (!wanted.includes(each)) this.begun.delete(each);
    for (const each of wanted) {
      if (this.begun.has(each)) continue;
      const result = this.begin(each);
      this.running.add(result);
      // Awaited when its turn comes: a failure ahead is no unhandled one.
      const ended = () => this.running.delete(result);
      result.then(ended, ended);
      this.begun.set(each, result);
    }
    const result = this.begun.get(position)!;
    try {
      return await result;
    } finally {
      if (this.begun.get(position) === result) this.begun.delete(position);
    }
  }

  /** Waits for all that is under way, what was dropped too, and drops the rest. */
  async close(): Promise<void> {
    await Promise.allSettled(this.running);
    this.begun.clear();
  }
}
