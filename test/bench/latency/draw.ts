/** @file One draw: a pool of networks that could be timed, the timings of some, and predictions of others. */
import { fitTransfer, predictRow } from '../../../shared/latency/fit/fit-transfer.ts';
import { apply, invert } from '../../../shared/latency/fit/symmetric.ts';
import type { Random } from '../../../shared/random.ts';
import { type Scores, scoresOf } from './scores.ts';
import { planTimings, type Setting, type Suite } from './suite.ts';

const poolSize = 400;
const testSize = 1000;

export interface DrawOptions {
  counts: readonly number[];
  choose: 'plan' | 'random';
}

export interface DrawScores {
  /** by number of timings */
  transfer: Map<number, Scores>;
  alone: Map<number, Scores>;
  operations: Map<number, Scores>;
}

export function draw(
  suite: Suite,
  target: string,
  settings: { transfer: Setting; alone: Setting },
  { counts, choose }: DrawOptions,
  random: Random,
): DrawScores {
  const order = random.shuffle(suite.work.map((_, i) => i));
  const pool = order.slice(0, Math.min(poolSize, order.length >> 1));
  const test = order.slice(pool.length, pool.length + testSize);
  const most = Math.max(...counts);
  const timed = {
    transfer: choose === 'plan' ? planTimings(settings.transfer, pool, most) : pool.slice(0, most),
    alone: choose === 'plan' ? planTimings(settings.alone, pool, most) : pool.slice(0, most),
  };
  const latencies = suite.devices.get(target)!;
  const measured = test.map((i) => latencies[i]!);
  const scores: DrawScores = { transfer: new Map(), alone: new Map(), operations: new Map() };
  for (const count of counts) {
    for (const kind of ['transfer', 'alone'] as const) {
      const setting = settings[kind];
      if (count === 0 && setting.expected === null) continue;
      const chosen = timed[kind].slice(0, count);
      const posterior = fitTransfer(
        { rows: chosen.map((i) => setting.rows[i]!), latencies: chosen.map((i) => latencies[i]!) },
        { ...setting, noise: 'constant' },
      );
      const floor = 0.02 * Math.min(...(chosen.length > 0 ? chosen.map((i) => latencies[i]!) : [setting.expected!]));
      const predictions = test.map((i) => predictRow(posterior, setting.rows[i]!));
      scores[kind].set(
        count,
        scoresOf(
          predictions.map(({ mean }) => Math.max(floor, mean)),
          measured,
          predictions.map(({ deviation }) => posterior.intervalDeviations * deviation),
        ),
      );
    }
    if (count > 0) {
      const weights = leastSquares(pool.slice(0, count), suite.work, latencies);
      const predicted = test.map((i) =>
        suite.work[i]!.reduce((sum, value, k) => sum + value * weights[k + 1]!, weights[0]!),
      );
      scores.operations.set(count, scoresOf(predicted, measured));
    }
  }
  return scores;
}

/** Latency on amounts of work: what one does without a model. A touch of ridge where timings are too few. */
function leastSquares(timed: readonly number[], work: readonly number[][], latencies: Float64Array): Float64Array {
  const rows = timed.map((i) => [1, ...work[i]!]);
  const p = rows[0]!.length;
  const gram = new Float64Array(p * p);
  const moments = new Float64Array(p);
  for (const [t, row] of rows.entries()) {
    for (let k = 0; k < p; k++) {
      moments[k]! += row[k]! * latencies[timed[t]!]!;
      for (let l = 0; l < p; l++) gram[k * p + l]! += row[k]! * row[l]!;
    }
  }
  for (let k = 0; k < p; k++) gram[k * p + k]! += 1e-6 * gram[k * p + k]! + 1e-9;
  return apply({ n: p, data: invert({ n: p, data: gram })!.data }, moments);
}
