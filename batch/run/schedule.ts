/** @file Learning rates over a phase. */

/**
 * Cosine from `peak` to 0 over `steps`, behind a linear rise over `warmupSteps`.
 * @param step from 0
 */
export function cosineLearningRate(step: number, steps: number, peak: number, warmupSteps = 0): number {
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  return (peak / 2) * (1 + Math.cos((Math.PI * (step - warmupSteps)) / Math.max(1, steps - warmupSteps)));
}
