/**
 * @file The three ways in which a cost enters the loss on path logits, behind one interface: cross-entropy's gradient
 * goes in, the total loss's gradient comes out.
 */

import { FastpathError } from '../../../shared/errors.ts';
import type { AdditiveCost } from '../../../shared/latency/cost-table.ts';
import { expectedCost, expectedCostGradient } from '../../../shared/latency/expected-cost.ts';
import type { PerCandidate } from '../../../shared/space/plan.ts';
import { type Constraint, TargetObjective, type TargetState } from './target.ts';

export interface ObjectiveInput {
  /** cross-entropy of the validation batch, in nats */
  crossEntropy: number;
  /** ∂CE/∂α per block and candidate; 0 for candidates that were not sampled */
  crossEntropyGradient: PerCandidate;
  /** full softmax of every block's logits */
  probabilities: PerCandidate;
}

export interface ObjectiveStep {
  loss: number;
  /** ∂loss/∂α, dense */
  gradient: Float64Array[];
  /** E of each cost, in its own unit */
  expectedCosts: number[];
  /** for `target`, each constraint's multiplier on its relative violation; otherwise empty */
  multipliers: number[];
}

/** One architecture step's loss. `step` may move the objective's state, which a checkpoint holds. */
export interface Objective {
  step(input: ObjectiveInput): ObjectiveStep;
  readonly state: TargetState | null;
}

export type ObjectiveSpec =
  | { kind: 'target'; constraints: readonly Constraint[] }
  | { kind: 'multiplicative'; cost: AdditiveCost; reference: number }
  | { kind: 'additive'; cost: AdditiveCost; reference: number };

/**
 * @param learningRate of the logits: `target` paces its multipliers by it
 * @param state of an earlier `target` objective, to continue it
 */
export function createObjective(spec: ObjectiveSpec, learningRate: number, state?: TargetState | null): Objective {
  switch (spec.kind) {
    case 'target':
      return new TargetObjective(spec.constraints, learningRate, state ?? undefined);
    case 'multiplicative':
      return { state: null, step: (input) => multiplicativeStep(spec.cost, spec.reference, input) };
    case 'additive':
      return { state: null, step: (input) => additiveStep(spec.cost, spec.reference, input) };
  }
}

const MULTIPLICATIVE_FACTOR = 0.2;

/**
 * The exponent b of the multiplicative loss. 0.3 is published for milliseconds at a reference of 80; b / ln(ref) is
 * the loss's relative slope at the reference, so that in other units b = 0.0685 · ln(ref) keeps the same strength.
 */
export function multiplicativeExponent(unit: string, reference: number): number {
  return unit === 'ms' ? 0.3 : 0.0685 * Math.log(reference);
}

/**
 * a · CE · (ln E / ln ref)^b with a = 0.2, and its two partial derivatives: a · (ln E / ln ref)^b by CE, and
 * a · CE · b · (ln E / ln ref)^(b−1) / (E · ln ref) by E. E and ref are in one unit.
 * @throws FastpathError `objective.undefined` where E or ref is at or under 1 in that unit
 */
export function multiplicativeLoss(crossEntropy: number, expected: number, reference: number, exponent: number) {
  // Written so that NaN is refused too.
  if (!(expected > 1 && reference > 1)) {
    throw new FastpathError(
      'objective.undefined',
      `the multiplicative loss needs cost and reference over 1 in their unit, not ${expected} and ${reference}: ` +
        'count in a smaller unit (us for ms), or use the target or additive loss',
    );
  }
  const ratio = Math.log(expected) / Math.log(reference);
  const byCrossEntropy = MULTIPLICATIVE_FACTOR * ratio ** exponent;
  return {
    loss: byCrossEntropy * crossEntropy,
    byCrossEntropy,
    byCost: (byCrossEntropy * crossEntropy * exponent) / (ratio * expected * Math.log(reference)),
  };
}

function multiplicativeStep(cost: AdditiveCost, reference: number, input: ObjectiveInput): ObjectiveStep {
  const expected = expectedCost(cost, input.probabilities);
  const exponent = multiplicativeExponent(cost.unit, reference);
  const { loss, byCrossEntropy, byCost } = multiplicativeLoss(input.crossEntropy, expected, reference, exponent);
  const gradient = weightedSum(input, byCrossEntropy, byCost, expectedCostGradient(cost, input.probabilities));
  return { loss, gradient, expectedCosts: [expected], multipliers: [] };
}

const ADDITIVE_WEIGHT = 0.1;

/** CE + λ · (E − ref)/ref with λ = 0.1. */
function additiveStep(cost: AdditiveCost, reference: number, input: ObjectiveInput): ObjectiveStep {
  const expected = expectedCost(cost, input.probabilities);
  return {
    loss: input.crossEntropy + (ADDITIVE_WEIGHT * (expected - reference)) / reference,
    gradient: weightedSum(input, 1, ADDITIVE_WEIGHT / reference, expectedCostGradient(cost, input.probabilities)),
    expectedCosts: [expected],
    multipliers: [],
  };
}

function weightedSum(input: ObjectiveInput, ceWeight: number, costWeight: number, costGradient: PerCandidate) {
  return input.crossEntropyGradient.map((block, k) =>
    Float64Array.from(block, (g, i) => ceWeight * g + costWeight * costGradient[k]![i]!),
  );
}
