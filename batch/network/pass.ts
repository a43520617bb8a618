/** @file What a forward pass is for, which decides its statistics and what it keeps. */

export interface Pass {
  /** batch-norm statistics: of this batch, or the running ones */
  readonly statistics: 'batch' | 'running';
  /** weight of this batch in the running statistics; 0 leaves them alone */
  readonly momentum: number;
  /** what stays for a backward pass: everything, what the gradient of the input needs, or nothing */
  readonly keeps: 'all' | 'input-gradient' | 'nothing';
}

export const passes = {
  /** weight step; new running statistic = 0.9 · old + 0.1 · batch */
  weights: { statistics: 'batch', momentum: 0.1, keeps: 'all' },
  /** architecture step */
  logits: { statistics: 'batch', momentum: 0, keeps: 'input-gradient' },
  /** inactive candidates and scored networks */
  probe: { statistics: 'batch', momentum: 0, keeps: 'nothing' },
  inference: { statistics: 'running', momentum: 0, keeps: 'nothing' },
} as const satisfies Record<string, Pass>;

/** The `seen`-th batch (from 1) of a recalibration: running statistics become the plain mean over all batches. */
export function recalibration(seen: number): Pass {
  return { statistics: 'batch', momentum: 1 / seen, keeps: 'nothing' };
}
