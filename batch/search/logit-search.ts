/** @file The path logits with all that moves them: optimizer, cost objective, baseline. No tensors; all of it is saved. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { expectedCost } from '../../shared/latency/expected-cost.ts';
import { Random } from '../../shared/random.ts';
import type { Path } from '../../shared/space/plan.ts';
import { defaultLogitLearningRate, LogitOptimizer } from '../supernet/formulas/logit-optimizer.ts';
import { createObjective, type Objective, type ObjectiveSpec } from '../supernet/formulas/objective.ts';
import { rescalePair, type SampledPair } from '../supernet/formulas/pair.ts';
import { initialLogits, softmax } from '../supernet/formulas/probabilities.ts';
import { RewardBaseline, reinforceGradient } from '../supernet/formulas/reinforce.ts';
import type { SearchSetup } from './setup.ts';
import type { SearchState } from './state.ts';

export class LogitSearch {
  readonly logits: Float64Array[];
  private readonly optimizer: LogitOptimizer;
  private readonly objective: Objective;
  private readonly baseline: RewardBaseline;

  /** @param plannedSteps architecture steps of the whole search */
  constructor(
    private readonly setup: SearchSetup,
    spec: SearchSpec,
    plannedSteps: number,
    saved: SearchState | null,
  ) {
    const counts = setup.plan.blocks.map(({ candidates }) => candidates.length);
    const learningRate = spec.schedule.logitLearningRate ?? defaultLogitLearningRate(plannedSteps);
    this.logits = saved
      ? saved.logits.map((block) => Float64Array.from(block))
      : initialLogits(counts, Random.named(spec.seed, 'logits'));
    this.optimizer = new LogitOptimizer(counts, learningRate, saved?.optimizer);
    this.objective = createObjective(objectiveOf(setup, spec), learningRate, saved?.objective);
    this.baseline = new RewardBaseline(saved?.baseline ?? null);
  }

  get probabilities(): Float64Array[] {
    return this.logits.map(softmax);
  }

  /** E of each device's latency in microseconds. */
  get expectedLatenciesUs(): number[] {
    const { probabilities } = this;
    return this.setup.devices.map(({ cost }) => expectedCost(cost, probabilities));
  }

  /** The gradient form: cross entropy's pair gradients and the cost's dense ones, one Adam step, the pairs rescaled. */
  gradientStep(crossEntropy: number, gradient: number[][], pairs: readonly (SampledPair | null)[]): void {
    const before = this.logits.map((block) => block.slice());
    const { probabilities } = this;
    const total = this.objective.step({ crossEntropy, crossEntropyGradient: gradient, probabilities });
    this.optimizer.step(this.logits, total.gradient);
    for (const [block, sampled] of pairs.entries()) {
      if (sampled) rescalePair(before[block]!, this.logits[block]!, sampled.pair);
    }
  }

  /** The REINFORCE form. @param rewards of the networks of `paths` */
  reinforceStep(paths: readonly Path[], rewards: readonly number[]): void {
    const gradient = reinforceGradient(this.probabilities, paths, rewards, this.baseline.for(rewards));
    this.baseline.update(rewards);
    this.optimizer.step(this.logits, gradient);
  }

  get state(): Pick<SearchState, 'logits' | 'optimizer' | 'objective' | 'baseline'> {
    return {
      logits: this.logits.map((block) => Array.from(block)),
      optimizer: this.optimizer.state,
      objective: this.objective.state,
      baseline: this.baseline.state,
    };
  }
}

function objectiveOf({ devices, caps }: SearchSetup, spec: SearchSpec): ObjectiveSpec {
  const constraints = devices.map(({ cost, budgetMs }) => ({ cost, budget: budgetMs * 1000 }));
  if (spec.latencyLoss === 'target') return { kind: 'target', constraints: [...constraints, ...caps] };
  const primary = constraints[0]!;
  return { kind: spec.latencyLoss, cost: primary.cost, reference: primary.budget };
}
