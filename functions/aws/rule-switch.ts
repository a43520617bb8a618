/** @file One rule of EventBridge, switched on and off: apart from the schedule, so that the SDK is loaded when needed. */
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';

export function ruleSwitch(name: string) {
  const client = new EventBridgeClient({});
  return {
    enable: () => client.send(new EnableRuleCommand({ Name: name })),
    disable: () => client.send(new DisableRuleCommand({ Name: name })),
  };
}

export type RuleSwitch = ReturnType<typeof ruleSwitch>;
