/** @file Work that is done when woken and once in a while, never twice at once. */
export class Periodic {
  private timer: NodeJS.Timeout | null = null;
  private working: Promise<void> | null = null;
  private again = false;
  private closed = false;

  constructor(
    private readonly work: () => Promise<unknown>,
    private readonly options: { periodMs: number; onFailure(error: unknown): void },
  ) {}

  /** Works now, or once more where it is at work. */
  wake(): void {
    this.again = true;
    if (this.working !== null || this.closed) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.working = this.run().finally(() => {
      this.working = null;
      if (this.closed) return;
      this.timer = setTimeout(() => this.wake(), this.options.periodMs).unref();
    });
  }

  /** Resolves when the work under way is done; nothing new begins. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.working;
  }

  private async run(): Promise<void> {
    while (this.again && !this.closed) {
      this.again = false;
      await this.work().catch(this.options.onFailure);
    }
  }
}
