/** @file For tests: a network whose batch norm has something to fold, with what an export needs of it. */
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { CardFacts } from '../../shared/export/model-card.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { networkOf } from '../network/from-architecture.ts';
import { readWeights } from '../run/saved-state.ts';

/** Of weights that came alone. */
export const unknownFacts: CardFacts = { metrics: null, spec: null, cost: null, trainedResolution: 32, latency: [] };

/** `tiny` at 32 pixels for ten classes, with every kernel and expansion, and with shortcuts. */
export function testArchitecture(): Architecture {
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  return pathToArchitecture(
    plan,
    plan.blocks.map((_, i) => i % 6),
  );
}

/** Scales, shifts and statistics as after a training: away from 1 and 0. The backend must have been chosen. */
export function trainedNetwork(architecture: Architecture) {
  const network = networkOf(architecture, { seed: 3 });
  const random = Random.named(3, 'batch norm');
  const draw = (size: number, value: () => number) => Float32Array.from({ length: size }, value);
  for (const { scale, shift, runningMean, runningVariance } of network.layers) {
    const { size } = scale.value;
    scale.assign(draw(size, () => 0.5 + random.uniform()));
    shift.assign(draw(size, () => random.normal()));
    runningMean.assign(draw(size, () => random.normal()));
    runningVariance.assign(draw(size, () => 0.2 + 2 * random.uniform()));
  }
  const { weight, bias } = network.classifier;
  weight.assign(draw(weight.value.size, () => 0.1 * random.normal()));
  bias.assign(draw(bias.value.size, () => random.normal()));
  return { architecture, network, tensors: readWeights(network) };
}
