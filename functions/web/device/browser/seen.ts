/**
 * @file Timing only while the page is seen: a hidden tab and a locked screen are slowed down or stopped by the browser.
 * What was under way then is thrown away, and timed again once the page is back.
 */
import type { Runner } from '../../../../shared/latency/measuring/runner.ts';
import type { TimedModel } from '../../../../shared/latency/measuring/schedule.ts';
import type { Visit } from '../../../../shared/latency/measuring/time-visit.ts';

export class Sight {
  /** how often the page went out of sight */
  private losses = 0;

  /** @param onChange whenever the page is hidden or seen again */
  constructor(onChange: (seen: boolean) => void) {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.losses++;
      onChange(!document.hidden);
    });
  }

  /** What `work` gives in a go during which the page was never out of sight. */
  async throughout<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.seen();
      const { losses } = this;
      const result = await work();
      // The event of a page that was frozen may come behind the answer: it is in front of the next timer.
      await new Promise((resolve) => setTimeout(resolve));
      if (losses === this.losses) return result;
    }
  }

  private async seen(): Promise<void> {
    while (document.hidden) {
      await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
    }
  }
}

export class SeenRunner implements Runner {
  constructor(
    private readonly runner: Runner,
    private readonly sight: Sight,
  ) {}

  get conditions() {
    return this.runner.conditions;
  }

  load(models: readonly TimedModel[]): Promise<void> {
    return this.runner.load(models);
  }

  visit(key: string, visit: Visit): Promise<number> {
    return this.sight.throughout(() => this.runner.visit(key, visit));
  }

  output(key: string): Promise<Float32Array> {
    return this.runner.output(key);
  }

  close(): Promise<void> {
    return this.runner.close();
  }
}
