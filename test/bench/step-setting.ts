/** @file One setting to time steps in: a space, its supernet, a batch, and the steps themselves. */
import type { ConvNet } from '../../batch/network/conv-net.ts';
import type { StepLoss } from '../../batch/network/unread-score.ts';
import { weightStep } from '../../batch/network/weight-step.ts';
import { architectureGradient, type SampledPairs } from '../../batch/supernet/architecture-step.ts';
import { LogitOptimizer } from '../../batch/supernet/formulas/logit-optimizer.ts';
import { createObjective } from '../../batch/supernet/formulas/objective.ts';
import { rescalePair } from '../../batch/supernet/formulas/pair.ts';
import { initialLogits, softmax } from '../../batch/supernet/formulas/probabilities.ts';
import { Supernet } from '../../batch/supernet/supernet.ts';
import type { SearchSpace } from '../../shared/contract/space.ts';
import { macsTable, pathCost } from '../../shared/latency/cost-table.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { type BatchShape, randomBatch } from './random-batch.ts';

/** Of weights and logits. Small: the same images come again and again, and the loss has to stay finite. */
export const learningRate = 1e-3;

export interface SettingShape extends BatchShape {
  space: string;
}

export class Setting {
  readonly plan;
  readonly supernet: Supernet;
  readonly logits: Float64Array[];
  private readonly data;
  private readonly objective;
  private readonly optimizer: LogitOptimizer;

  /** @param space in place of the built-in one that `shape` names */
  constructor(
    readonly shape: SettingShape,
    readonly space: SearchSpace = findSpace(shape.space),
  ) {
    this.plan = planSupernet(space, shape);
    this.supernet = new Supernet(this.plan, shape);
    this.data = randomBatch(shape);
    const counts = this.plan.blocks.map(({ candidates }) => candidates.length);
    this.logits = initialLogits(counts, Random.named(shape.seed, 'logits'));
    const cost = macsTable(this.plan);
    const budget = pathCost(
      cost,
      counts.map(() => 0),
    );
    this.objective = createObjective({ kind: 'target', constraints: [{ cost, budget }] }, learningRate);
    this.optimizer = new LogitOptimizer(counts, learningRate);
  }

  get name(): string {
    const { space, resolution, batch } = this.shape;
    return `${space} ${resolution} px × ${batch}`;
  }

  weightStep(network: ConvNet): StepLoss {
    const { images, labels } = this.data;
    const sgd = { learningRate, weightDecay: 4e-5 };
    return weightStep(network, images, labels, { labelSmoothing: 0.1, dropout: null }, sgd).read();
  }

  dispose(): void {
    for (const parameter of this.supernet.parameters) parameter.dispose();
    for (const statistic of this.supernet.statistics) statistic.dispose();
    this.data.images.dispose();
  }

  /** The gradient form as a search takes it: gradient of cross entropy (returned), cost, Adam, and the pairs rescaled. */
  architectureStep(sampled: SampledPairs): { loss: number; gradient: number[][] } {
    const { images, labels } = this.data;
    const { loss, gradient } = architectureGradient(this.supernet, sampled, images, labels);
    const before = this.logits.map((block) => block.slice());
    const probabilities = this.logits.map(softmax);
    const total = this.objective.step({ crossEntropy: loss, crossEntropyGradient: gradient, probabilities });
    this.optimizer.step(this.logits, total.gradient);
    for (const [block, pair] of sampled.pairs.entries()) {
      if (pair) rescalePair(before[block]!, this.logits[block]!, pair.pair);
    }
    return { loss, gradient };
  }
}
