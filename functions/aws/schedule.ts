/**
 * @file The schedule that brings the reconciler: an EventBridge rule that is enabled only while there is something to do,
 * so that the database can sleep.
 */
import type { RuleSwitch } from './rule-switch.ts';

export class Schedule {
  private loaded: RuleSwitch | undefined;

  constructor(private readonly ruleName: string) {}

  /** Call it behind the commit of what there is to do: then `pauseUnless` cannot have looked too early. */
  async resume(): Promise<void> {
    await (await this.rule()).enable();
  }

  /**
   * Pauses where there is nothing to do.
   * @param busy looked at once more behind the pause, for what came between
   */
  async pauseUnless(busy: () => Promise<boolean>): Promise<void> {
    if (await busy()) return;
    await (await this.rule()).disable();
    if (await busy()) await this.resume();
  }

  /** The SDK is loaded with the first call: most instances of the API never make one. */
  private async rule(): Promise<RuleSwitch> {
    this.loaded ??= (await import('./rule-switch.ts')).ruleSwitch(this.ruleName);
    return this.loaded;
  }
}
