/**
 * @file Which experiments tell most, chosen before any is made: greedy variance reduction in a Bayesian linear model
 * y = x·w + ε with w ~ N(0, I) and ε ~ N(0, noiseVariance). One experiment on x turns the covariance K of all outcomes
 * into K − k kᵀ / (kₓₓ + noiseVariance), where k is K's column of x. Chosen each time: the experiment after which the
 * posterior variances of the pool sum to least (Cohn, "Neural network exploration using optimal experiment design",
 * 1996; Seo and others, "Gaussian process regression: active data selection", 2000). Outcomes are not needed.
 */

type Rows = readonly (readonly number[])[];

export interface Design {
  /** one row of features for each experiment that can be made */
  candidates: Rows;
  /** what the model shall be able to predict; as many columns */
  pool: Rows;
  count: number;
  /** indices of candidates that are made in any case */
  given?: readonly number[];
  /** in units of the features' prior; left out: a hundredth of the pool's mean prior variance */
  noiseVariance?: number;
}

/**
 * Indices of the `count` networks (all, where there are fewer) whose timings tell most about all the others.
 * @param features a row for each network: columns scaled so that their weights are a priori standard normal
 */
export function chooseNetworks(features: Rows, count: number, options: Pick<Design, 'noiseVariance'> = {}): number[] {
  return chooseExperiments({ candidates: features, pool: features, count, ...options });
}

/** Indices of candidates in the order chosen, each at most once, those given left out; of equals the first. */
export function chooseExperiments({ candidates, pool, count, given = [], noiseVariance }: Design): number[] {
  const noise = noiseVariance ?? 0.01 * mean(pool.map((row) => dot(row, row)));
  const among = products(candidates, candidates);
  const toPool = products(candidates, pool);
  const open = new Set(candidates.keys());
  const condition = (chosen: number) => {
    open.delete(chosen);
    const column = Float64Array.from(among[chosen]!);
    const poolColumn = Float64Array.from(toPool[chosen]!);
    const variance = column[chosen]! + noise;
    if (!(variance > 0)) return;
    for (const i of candidates.keys()) {
      const factor = column[i]! / variance;
      subtract(among[i]!, column, factor);
      subtract(toPool[i]!, poolColumn, factor);
    }
  };
  for (const index of given) condition(index);
  const chosen: number[] = [];
  while (chosen.length < count && open.size > 0) {
    const best = mostTelling(open, among, toPool, noise);
    condition(best);
    chosen.push(best);
  }
  return chosen;
}

function mostTelling(
  open: Iterable<number>,
  among: readonly Float64Array[],
  toPool: readonly Float64Array[],
  noise: number,
): number {
  let best = -1;
  let largest = Number.NEGATIVE_INFINITY;
  for (const i of open) {
    const variance = among[i]![i]! + noise;
    const reduction = variance > 0 ? dot(toPool[i]!, toPool[i]!) / variance : 0;
    if (reduction <= largest) continue;
    best = i;
    largest = reduction;
  }
  return best;
}

/** [row][column] = rows[row] · columns[column] */
function products(rows: Rows, columns: Rows): Float64Array[] {
  return rows.map((row) => Float64Array.from(columns, (column) => dot(row, column)));
}

function subtract(target: Float64Array, column: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! -= factor * column[i]!;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
