/** @file How often each operator occurs in a model as a runtime fuses it. */
import { operatorSignature } from '../latency/operators/operator.ts';
import { fuse } from './fuse.ts';
import { readNetwork } from './read-network.ts';

/** By signature. @param block channels in a block on the device, 0 where it has none */
export function fusedCounts(model: Uint8Array, block: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const operator of fuse(readNetwork(model), block).operators) {
    const signature = operatorSignature(operator);
    counts[signature] = (counts[signature] ?? 0) + 1;
  }
  return counts;
}
