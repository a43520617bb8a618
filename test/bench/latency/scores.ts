/** @file How well predictions match timings: ranks, relative errors, and how many fall inside their interval. */

export interface Scores {
  spearman: number;
  kendall: number;
  /** mean absolute percentage error */
  mape: number;
  /** percent of predictions within ±10 % of the timing */
  within10: number;
  /** share of timings inside the 90 % interval; NaN without intervals */
  coverage: number;
}

export function scoresOf(
  predicted: readonly number[],
  measured: readonly number[],
  halfWidths?: readonly number[],
): Scores {
  const errors = measured.map((value, i) => Math.abs(predicted[i]! / value - 1));
  const inside = halfWidths?.map((width, i) => (Math.abs(predicted[i]! - measured[i]!) <= width ? 1 : 0));
  return {
    spearman: pearson(ranks(predicted), ranks(measured)),
    kendall: kendall(predicted, measured),
    mape: 100 * mean(errors),
    within10: 100 * mean(errors.map((error) => (error <= 0.1 ? 1 : 0))),
    coverage: inside === undefined ? Number.NaN : mean(inside),
  };
}

export function meanScores(all: readonly Scores[]): Scores {
  const of = (key: keyof Scores) => mean(all.map((scores) => scores[key]));
  return {
    spearman: of('spearman'),
    kendall: of('kendall'),
    mape: of('mape'),
    within10: of('within10'),
    coverage: of('coverage'),
  };
}

/** Ranks from 1, ties sharing their mean. */
export function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const out = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) out[order[i]!] = (from + to + 1) / 2;
    from = to;
  }
  return out;
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - meanA) * (b[i]! - meanB);
    aa += (a[i]! - meanA) ** 2;
    bb += (b[i]! - meanB) ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** Kendall's τ-b, which allows for ties. */
function kendall(a: readonly number[], b: readonly number[]): number {
  let [agree, tiedA, tiedB, pairs] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign(a[i]! - a[j]!), Math.sign(b[i]! - b[j]!)];
      agree += x * y;
      tiedA += x === 0 ? 1 : 0;
      tiedB += y === 0 ? 1 : 0;
      pairs++;
    }
  }
  return agree / Math.sqrt((pairs - tiedA) * (pairs - tiedB));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
