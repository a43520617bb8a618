/** @file Reconciles as long as a search is unfinished, and sleeps otherwise, so that the database can. */
import type { SearchDeps } from '../service/searches/deps.ts';
import { reconcile } from '../service/searches/reconcile.ts';

export interface ReconcilerOptions {
  periodMs: number;
  /** told of what could not be made right; it is tried again */
  onFailure(error: unknown): void;
}

export class Reconciler {
  private timer: NodeJS.Timeout | null = null;
  private working: Promise<void> | null = null;
  private again = false;
  private closed = false;

  constructor(
    private readonly deps: SearchDeps,
    private readonly options: ReconcilerOptions,
  ) {}

  /** Call it at the start, and whenever a search was made: looks now, and then each period until none is unfinished. */
  wake(): void {
    if (this.closed) return;
    if (this.working !== null) {
      this.again = true;
      return;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.working = this.work().finally(() => {
      this.working = null;
    });
  }

  /** Resolves when the work under way is done; nothing new begins. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.working;
  }

  private async work(): Promise<void> {
    let unfinished = true;
    do {
      this.again = false;
      try {
        const reconciled = await reconcile(this.deps);
        for (const failure of reconciled.failures) this.options.onFailure(failure);
        unfinished = reconciled.unfinished > 0;
      } catch (error) {
        this.options.onFailure(error);
      }
    } while (this.again && !this.closed);
    if (unfinished && !this.closed) this.timer = setTimeout(() => this.wakeLater(), this.options.periodMs);
  }

  private wakeLater(): void {
    this.timer = null;
    this.wake();
  }
}
