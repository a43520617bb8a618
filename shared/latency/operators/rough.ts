/** @file What an operator costs by size alone, where a device's operators were never timed: by its blocks' coefficients. */
import type { PhysicalModel } from '../../contract/latency-model.ts';
import { estimateUs } from '../physical.ts';
import { operatorFeatures } from './features.ts';
import type { Operator } from './operator.ts';

/** standard deviation of measured over estimated latency, as a fraction */
export const roughDeviation = 0.5;

/** operators in a block that coefficients are of */
const operatorsInPart = 3;

export function roughUs(operator: Operator, { coefficientsUs }: PhysicalModel): number {
  if (operator.kind === 'view') return 0;
  const { work, cold } = operatorFeatures(operator, 0);
  const macs = work.macs ?? 0;
  const depthwise = operator.kind === 'conv' && operator.groups > 1 && operator.groups === operator.in;
  const sizes = {
    part: 1 / operatorsInPart,
    denseMillionMacs: depthwise ? 0 : macs,
    depthwiseMillionMacs: depthwise ? macs : 0,
    megabytesMoved: cold.maps,
    parameterMegabytes: cold.weights,
  };
  return estimateUs(sizes, coefficientsUs);
}
