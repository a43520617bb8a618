/** @file The work in a timed probe, by quantity. */
import type { OperatorProbe } from '../../contract/latency.ts';
import { type OperatorFeatures, operatorFeatures } from './features.ts';
import { parseOperator } from './operator.ts';
import { type OperatorWeights, weighedUs } from './operator-costs.ts';

export interface DescribedProbe {
  whole: boolean;
  latencyUs: number;
  /** without what the call costs */
  ownUs: number;
  /** sums over its operators, by quantity */
  work: ReadonlyMap<string, number>;
  cold: ReadonlyMap<string, number>;
  operators: readonly { features: OperatorFeatures; times: number }[];
}

/** One word for a quantity of a kind. */
export function quantity(kind: string, name: string): string {
  return `${kind}/${name}`;
}

export function splitQuantity(word: string): { kind: string; name: string } {
  const at = word.lastIndexOf('/');
  return { kind: word.slice(0, at), name: word.slice(at + 1) };
}

export function describeProbe(probe: OperatorProbe, channelBlock: number, overheadUs: number): DescribedProbe {
  const operators = Object.entries(probe.operators).map(([signature, times]) => {
    return { features: operatorFeatures(parseOperator(signature), channelBlock), times };
  });
  const work = new Map<string, number>();
  const cold = new Map<string, number>();
  for (const { features, times } of operators) {
    addTo(work, features.kind, features.work, times);
    addTo(cold, 'cold', features.cold, times);
  }
  const { whole, latencyUs } = probe;
  return { whole, latencyUs, ownUs: latencyUs - overheadUs, work, cold, operators };
}

function addTo(sums: Map<string, number>, kind: string, amounts: object, times: number): void {
  for (const [name, amount] of Object.entries(amounts)) {
    if (amount === 0) continue;
    const key = quantity(kind, name);
    sums.set(key, (sums.get(key) ?? 0) + times * amount);
  }
}

/** What those weights make of it, without the call; operators of kinds that they lack are left out. */
export function wholeUs({ operators }: DescribedProbe, weights: OperatorWeights): number {
  return operators.reduce((sum, { features, times }) => sum + times * (weighedUs(features, weights) ?? 0), 0);
}
