/**
 * @file The REINFORCE form of the architecture step (Williams, 1992; section 3.3.2 of "ProxylessNAS"): needs rewards
 * of sampled networks only, no gradient through them and no differentiable latency.
 */
import type { Path, PerCandidate } from '../../../shared/space/plan.ts';

/** Share of the old value that the baseline keeps at each update. */
const BASELINE_DECAY = 0.95;

/** accuracy · (target / latency)^exponent; both latencies in one unit, and faster than the target earns more. */
export function reward(accuracy: number, latency: number, target: number, exponent = 0.1): number {
  return accuracy * (target / latency) ** exponent;
}

/**
 * mean over samples of (R − b) · ∇(−Σ log p): with ∇_α(−log p_c) = p − onehot(c). It is the gradient of a loss, so an
 * optimizer that descends it raises the expected reward.
 */
export function reinforceGradient(
  probabilities: PerCandidate,
  paths: readonly Path[],
  rewards: readonly number[],
  baseline: number,
): Float64Array[] {
  const gradient = probabilities.map((p) => new Float64Array(p.length));
  for (const [m, path] of paths.entries()) {
    const advantage = (rewards[m]! - baseline) / paths.length;
    for (const [k, chosen] of path.entries()) {
      const p = probabilities[k]!;
      const block = gradient[k]!;
      for (let i = 0; i < block.length; i++) block[i]! += advantage * (p[i]! - (i === chosen ? 1 : 0));
    }
  }
  return gradient;
}

/** What a checkpoint holds: null before the first reward. */
export type BaselineState = number | null;

/** Moving average of rewards: it lowers the gradient's variance and leaves its mean as it is. */
export class RewardBaseline {
  constructor(private average: BaselineState = null) {}

  get state(): BaselineState {
    return this.average;
  }

  /** The baseline for a batch of rewards: the average over earlier batches, or this one's mean when it is the first. */
  for(rewards: readonly number[]): number {
    return this.average ?? mean(rewards);
  }

  /** Takes a batch of rewards into the average, after its gradient was computed. */
  update(rewards: readonly number[]): void {
    const batch = mean(rewards);
    this.average = this.average === null ? batch : BASELINE_DECAY * this.average + (1 - BASELINE_DECAY) * batch;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
