/**
 * @file The schedule that brings the reconciler: an EventBridge rule that is enabled only while there is something to do,
 * so that the database can sleep.
 */
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';

export class Schedule {
  private readonly client = new EventBridgeClient({});

  constructor(private readonly rule: string) {}

  /** Call it behind the commit of what there is to do: then `pauseUnless` cannot have looked too early. */
  async resume(): Promise<void> {
    await this.client.send(new EnableRuleCommand({ Name: this.rule }));
  }

  /**
   * Pauses where there is nothing to do.
   * @param busy looked at once more behind the pause, for what came between
   */
  async pauseUnless(busy: () => Promise<boolean>): Promise<void> {
    if (await busy()) return;
    await this.client.send(new DisableRuleCommand({ Name: this.rule }));
    if (await busy()) await this.resume();
  }
}
