/** @file Progress as a worker reports it, for tests of what is drawn of it. */
import type { StepRecord } from '../../shared/contract/progress.ts';

/** Of a search with two choice blocks of three candidates, which grows sure of the first and the last of them. */
export function aStep(step: number, steps: number): StepRecord {
  const sure = step / steps;
  const rest = (1 - sure) / 3;
  return {
    type: 'step',
    step,
    steps,
    phase: 'search',
    epoch: step / 10,
    loss: 2.3 * Math.exp(-3 * sure),
    accuracy: 0.1 + 0.8 * sure,
    validationLoss: 2.4 * Math.exp(-2.5 * sure),
    validationAccuracy: 0.1 + 0.7 * sure,
    latency: [{ hardware: 'test', expectedMs: 2 - 1.1 * sure, budgetMs: 1 }],
    probabilities: [
      [sure + rest, rest, rest],
      [rest, rest, sure + rest],
    ],
    imagesPerSecond: 1000,
    secondsLeft: 60 * (1 - sure),
    tensorBytes: 1e8,
    rssBytes: 5e8,
    skippedImages: 0,
  };
}
