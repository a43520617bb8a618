/** @file What fused operators cost in a network on one hardware, by its operator model: quantities of work times weights. */
import type { OperatorModel } from '../../contract/latency-model.ts';
import type { OperatorFeatures } from './features.ts';

export type OperatorWeights = Pick<OperatorModel, 'kindsUs' | 'coldUs'>;

/** Microseconds within a network; null where no operator of that kind was timed. */
export function weighedUs({ kind, work, cold }: OperatorFeatures, { kindsUs, coldUs }: OperatorWeights): number | null {
  const weightsUs = kindsUs[kind];
  if (weightsUs === undefined) return null;
  const workUs = Object.entries(work).reduce((sum, [name, quantity]) => sum + quantity * (weightsUs[name] ?? 0), 0);
  return workUs + cold.call * coldUs.call + cold.weights * coldUs.weights + cold.maps * coldUs.maps;
}
