/**
 * @file The `target` objective: CE + Σ_k λ_k · (E_k − B_k)/B_k with one Lagrange multiplier per constraint, raised
 * while E exceeds its budget and lowered while it is under.
 *
 * Two scales are unknown beforehand and are removed. (1) How large cross-entropy's gradient is beside that of the
 * relative cost differs by orders of magnitude over tasks, batch sizes and spaces; λ_k is therefore counted in units
 * of the ratio of their running root-mean-square norms, so that 1 means "as strong as cross-entropy". (2) A run may
 * have 200 or 100,000 steps; Adam moves a logit by about its learning rate a step, so the multiplier's pace is set per
 * nat of logit travel. A multiplier driven by the sum of violations alone oscillates (it and the logits make a
 * second-order system); the part proportional to the present violation damps it, as in an augmented Lagrangian.
 */

import { FastpathError } from '../../../shared/errors.ts';
import type { AdditiveCost } from '../../../shared/latency/cost-table.ts';
import { expectedCost, expectedCostGradient } from '../../../shared/latency/expected-cost.ts';
import type { PerCandidate } from '../../../shared/space/plan.ts';
import type { Objective, ObjectiveInput, ObjectiveStep } from './objective.ts';

/** The cost's expectation is to be at most the budget, in the cost's unit. */
export interface Constraint {
  cost: AdditiveCost;
  budget: number;
}

/** What a checkpoint holds; plain numbers. */
export interface TargetState {
  /** accumulated multiplier of each constraint, in units of cross-entropy's strength, at least 0 */
  accumulated: number[];
  /** running sums of squared gradient norms; started alike, so that their ratio needs no bias correction */
  crossEntropySquare: number;
  costSquares: number[];
}

/** Multiplier per unit of relative violation at this moment. */
const PROPORTIONAL = 20;
/**
 * The part for the present violation, at most: as strong as cross-entropy. A stronger one would drown it on the way
 * down to a tight budget, and Adam, which scales each logit's gradient by itself, would then take as many nats from
 * wide candidates that cost little as from those that cost much; soft signals do not win them back.
 */
const PROPORTIONAL_LIMIT = 1;
/** Multiplier gathered per unit of relative violation and nat of logit travel. */
const INTEGRAL = 20;
/**
 * Violations count at most this much towards the gathered part. Little upwards: on a long way down to the budget it
 * would overfill and E would then fall far under; much downwards, so that what was gathered too much goes quickly.
 */
const RAISE_LIMIT = 0.015;
const LOWER_LIMIT = 0.15;
/** Decay of the running gradient norms. */
const NORM_DECAY = 0.99;

export class TargetObjective implements Objective {
  private readonly current: TargetState;

  /** @throws FastpathError `checkpoint.objective` when `state` belongs to another number of constraints */
  constructor(
    private readonly constraints: readonly Constraint[],
    private readonly learningRate: number,
    state?: TargetState,
  ) {
    if (state && state.accumulated.length !== constraints.length) {
      throw new FastpathError(
        'checkpoint.objective',
        `the saved state has ${state.accumulated.length} constraints, the search ${constraints.length}; start afresh`,
      );
    }
    this.current = state
      ? { ...state, accumulated: [...state.accumulated], costSquares: [...state.costSquares] }
      : { accumulated: constraints.map(() => 0), crossEntropySquare: 0, costSquares: constraints.map(() => 0) };
  }

  get state(): TargetState {
    const { accumulated, costSquares } = this.current;
    return { ...this.current, accumulated: [...accumulated], costSquares: [...costSquares] };
  }

  step({ crossEntropy, crossEntropyGradient, probabilities }: ObjectiveInput): ObjectiveStep {
    const state = this.current;
    const gradient = crossEntropyGradient.map((block) => Float64Array.from(block));
    state.crossEntropySquare = average(state.crossEntropySquare, squaredNorm(crossEntropyGradient));
    let loss = crossEntropy;
    const expectedCosts: number[] = [];
    const multipliers: number[] = [];
    for (const [k, { cost, budget }] of this.constraints.entries()) {
      const expected = expectedCost(cost, probabilities);
      const violation = (expected - budget) / budget;
      const costGradient = expectedCostGradient(cost, probabilities);
      const square = average(state.costSquares[k]!, squaredNorm(costGradient) / budget ** 2);
      state.costSquares[k] = square;
      // Without any cross-entropy gradient (or cost gradient) there is no ratio of strengths: count in plain units.
      const scale = state.crossEntropySquare > 0 && square > 0 ? Math.sqrt(state.crossEntropySquare / square) : 1;
      const multiplier =
        scale * Math.max(0, state.accumulated[k]! + Math.min(PROPORTIONAL_LIMIT, PROPORTIONAL * violation));
      const clipped = Math.max(-LOWER_LIMIT, Math.min(RAISE_LIMIT, violation));
      state.accumulated[k] = Math.max(0, state.accumulated[k]! + INTEGRAL * this.learningRate * clipped);
      for (const [b, block] of gradient.entries()) {
        for (let i = 0; i < block.length; i++) block[i]! += (multiplier / budget) * costGradient[b]![i]!;
      }
      loss += multiplier * violation;
      expectedCosts.push(expected);
      multipliers.push(multiplier);
    }
    return { loss, gradient, expectedCosts, multipliers };
  }
}

function average(old: number, value: number): number {
  return NORM_DECAY * old + (1 - NORM_DECAY) * value;
}

function squaredNorm(blocks: PerCandidate): number {
  let sum = 0;
  for (const block of blocks) for (let i = 0; i < block.length; i++) sum += block[i]! ** 2;
  return sum;
}
