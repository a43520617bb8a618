/**
 * @file From few timings to a linear model with its uncertainty: Bayesian regression under many settings, averaged by
 * marginal likelihood. One third of the prior probability is on the mean of the sources, one third on single sources,
 * one third on none of them, so that transfer cannot make the result much worse than no transfer. A device with a block
 * table of its own has that to fall back on: nine tenths are on it, and the rest on the other devices.
 */
import { median, quantile } from '../statistics.ts';
import { type StudentFit, studentRegression } from './student-regression.ts';
import { quadratic, type Symmetric } from './symmetric.ts';
import {
  type Grams,
  gramsOf,
  type Layout,
  lengthOf,
  type Setting,
  type Shape,
  timedCovariance,
  unknownDeviation,
  weightCovariance,
} from './transfer-prior.ts';

const grid = {
  towardsSources: [0.5, 2],
  physical: [0.05, 0.3, 1],
  blocks: [0.02, 0.1],
  noise: [0.03, 0.1, 0.2, 0.4],
};
/** the setting by which shapes are compared before the grid is run on the best of them */
const typical = { towardsSources: 1, physical: 0.3, blocks: 0.05 };
const ownShare = 0.9;
const shapesKept = 8;
/** Settings less likely than the best by this much, in natural logarithms, are left out: each counts under 1 %. */
const negligible = 4.6;
/** A space whose timed networks happen to be alike still has some spread. */
const leastDeviation = 0.05;
/** Φ⁻¹(0.95): nine in ten draws of a normal distribution lie within this many standard deviations. */
const nineInTen = 1.645;
/** From so many timings on their own residuals scale the interval. */
const conformalFrom = 20;

/** Latency = row · weights; variance = row · covariance · rowᵀ + noise², for rows as in transfer-prior.ts. */
export interface LinearPosterior {
  weights: Float64Array;
  covariance: Symmetric;
  /** standard deviation of one timing around a perfect model: a constant, and a fraction of the latency */
  noise: { constant: number; fraction: number };
  /** the 90 % interval reaches this many standard deviations to each side */
  intervalDeviations: number;
}

export interface Timed {
  /** [networks][length] */
  rows: readonly Float64Array[];
  /** [networks] in any unit; the posterior answers in the same */
  latencies: readonly number[];
}

export interface FitOptions {
  layout: Layout;
  /** [sources] standard deviation of each source's relative latency over the space; sources have mean 1 */
  sourceDeviations: readonly number[];
  /** whether noise grows with latency or is the same for all */
  noise: 'constant' | 'proportional';
  /** what latency to expect where nothing was timed; null: unknown */
  expected: number | null;
  /** the source that is the target's own block table: nine parts in ten of the prior are on it */
  own?: number;
}

interface Scored extends StudentFit {
  setting: Setting;
  grams: Grams;
  scale: number;
  noiseVariances: Float64Array;
  score: number;
}

/** @throws RangeError where nothing was timed and no latency is expected */
export function fitTransfer(timed: Timed, options: FitOptions): LinearPosterior {
  const { rows, latencies } = timed;
  if (rows.length === 0 && options.expected === null) throw new RangeError('nothing timed, nothing expected');
  const shapes = shapesOf(options);
  const scored = candidates(timed, options, shapes);
  const best = Math.max(...scored.map(({ score }) => score));
  const total = scored.reduce((sum, { score }) => sum + Math.exp(score - best), 0);
  const posterior = average(
    timed,
    options,
    scored.map((one) => ({ ...one, share: Math.exp(one.score - best) / total })),
  );
  return { ...posterior, intervalDeviations: deviationsFor(latencies, scored, best, total) };
}

interface WeightedShape {
  shape: Shape;
  logPrior: number;
}

function shapesOf({ layout: { sources }, own }: FitOptions): WeightedShape[] {
  const none = { shape: [], logPrior: Math.log(1 / 3) };
  if (sources === 0) return [none];
  const rest = own === undefined ? 1 / 3 : (1 - ownShare) / 2;
  const single = Array.from({ length: sources }, (_, s) => ({
    shape: Array.from({ length: sources }, (_, i) => (i === s ? 1 : 0)),
    logPrior: Math.log(rest / sources + (s === own ? ownShare : 0)),
  }));
  const mean = { shape: new Array<number>(sources).fill(1 / sources), logPrior: Math.log(rest) };
  return [...(sources === 1 ? [] : [mean]), ...single, ...(own === undefined ? [none] : [])];
}

function candidates(timed: Timed, options: FitOptions, shapes: readonly WeightedShape[]): Scored[] {
  const common = gramsOf(options.layout, [], timed.rows);
  const prepared = shapes.map((shape) => ({
    ...shape,
    grams: gramsOf(options.layout, shape.shape, timed.rows, common),
  }));
  const run = (noise: number, one: (typeof prepared)[number], rest: typeof typical) =>
    scoreOf(
      timed,
      options,
      one.grams,
      { ...rest, noise, shape: one.shape, deviation: deviationOf(one.shape, options) },
      one.logPrior,
    );
  const ranked = prepared
    .map((one) => ({
      one,
      score: Math.max(...grid.noise.map((noise) => run(noise, one, typical)?.score ?? Number.NEGATIVE_INFINITY)),
    }))
    .sort((a, b) => b.score - a.score)
    .slice(0, shapesKept);
  const scored: Scored[] = [];
  for (const { one } of ranked) {
    const towards = one.shape.length === 0 ? [0] : grid.towardsSources;
    // A shape's prior is shared by its settings.
    const settings = towards.length * grid.physical.length * grid.blocks.length * grid.noise.length;
    const shared = { ...one, logPrior: one.logPrior - Math.log(settings) };
    for (const towardsSources of towards) {
      for (const physical of grid.physical) {
        for (const blocks of grid.blocks) {
          for (const noise of grid.noise) {
            const fit = run(noise, shared, { towardsSources, physical, blocks });
            if (fit !== null) scored.push(fit);
          }
        }
      }
    }
  }
  const best = Math.max(...scored.map(({ score }) => score));
  return scored.filter(({ score }) => score > best - negligible);
}

function deviationOf(shape: Shape, { sourceDeviations }: FitOptions): number {
  if (shape.length === 0) return unknownDeviation;
  const deviation = shape.reduce((sum, weight, s) => sum + weight * sourceDeviations[s]!, 0);
  return Math.max(leastDeviation, deviation);
}

function scoreOf(
  { latencies }: Timed,
  options: FitOptions,
  grams: Grams,
  setting: Setting,
  logPrior: number,
): Scored | null {
  const { n, guess } = grams;
  const scale = n === 0 ? options.expected! : median(latencies.map((latency, i) => latency / guess[i]!));
  const residuals = latencies.map((latency, i) => latency / scale - guess[i]!);
  const one = (setting.noise * setting.deviation) ** 2;
  const noiseVariances = Float64Array.from(guess, (value) => (options.noise === 'constant' ? one : one * value ** 2));
  const fit = studentRegression(timedCovariance(grams, setting), residuals, noiseVariances);
  if (fit === null) return null;
  return { ...fit, setting, grams, scale, noiseVariances, score: fit.logEvidence - n * Math.log(scale) + logPrior };
}

function average(
  { rows }: Timed,
  { layout, noise: kind }: FitOptions,
  settings: readonly (Scored & { share: number })[],
): Omit<LinearPosterior, 'intervalDeviations'> {
  const length = lengthOf(layout);
  const means = settings.map(() => new Float64Array(length));
  const weights = new Float64Array(length);
  const covariance = new Float64Array(length * length);
  let noiseVariance = 0;
  for (const [i, { setting, alpha, precision, scale, share }] of settings.entries()) {
    const mean = means[i]!;
    if (setting.shape.length === 0) mean[0] = 1;
    else for (let s = 0; s < layout.sources; s++) mean[1 + s] = setting.shape[s]!;
    const prior = weightCovariance(layout, setting);
    const cross = crossCovariance(prior, rows);
    for (const [t, column] of cross.entries()) for (let k = 0; k < length; k++) mean[k]! += column[k]! * alpha[t]!;
    for (let k = 0; k < length; k++) {
      mean[k]! *= scale;
      weights[k]! += share * mean[k]!;
    }
    addPosterior(covariance, prior, cross, precision, share * scale ** 2);
    noiseVariance += share * (setting.noise * setting.deviation * (kind === 'constant' ? scale : 1)) ** 2;
  }
  // Settings that disagree widen the interval where they do.
  for (const [i, mean] of means.entries()) {
    const { share } = settings[i]!;
    for (let k = 0; k < length; k++) {
      const off = share * (mean[k]! - weights[k]!);
      for (let l = 0; l < length; l++) covariance[k * length + l]! += off * (mean[l]! - weights[l]!);
    }
  }
  const deviation = Math.sqrt(noiseVariance);
  const noise = kind === 'constant' ? { constant: deviation, fraction: 0 } : { constant: 0, fraction: deviation };
  return { weights, covariance: { n: length, data: covariance }, noise };
}

/** [timed][length] covariance of the weights with each timed network. */
function crossCovariance({ n, data }: Symmetric, rows: readonly Float64Array[]): Float64Array[] {
  return rows.map((row) => {
    const column = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      let sum = 0;
      for (let l = 0; l < n; l++) sum += data[k * n + l]! * row[l]!;
      column[k] = sum;
    }
    return column;
  });
}

/** Adds share × (prior − cross · precision · crossᵀ). */
function addPosterior(
  into: Float64Array,
  { n, data }: Symmetric,
  cross: readonly Float64Array[],
  precision: Float64Array,
  share: number,
): void {
  const timed = cross.length;
  const half = cross.map((_, t) => {
    const row = new Float64Array(n);
    for (let u = 0; u < timed; u++) {
      const factor = precision[t * timed + u]!;
      for (let k = 0; k < n; k++) row[k]! += factor * cross[u]![k]!;
    }
    return row;
  });
  for (let k = 0; k < n; k++) {
    for (let l = 0; l < n; l++) {
      let explained = 0;
      for (let t = 0; t < timed; t++) explained += cross[t]![k]! * half[t]![l]!;
      into[k * n + l]! += share * (data[k * n + l]! - explained);
    }
  }
}

/**
 * Conformal scaling by leave-one-out residuals (Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World"): the
 * k-th smallest |residual| / deviation, k = ⌈0.9 (n + 1)⌉. Leaving one out is closed-form: residual αᵢ / Pᵢᵢ, variance
 * 1 / Pᵢᵢ (Rasmussen and Williams, 5.4.2).
 */
function deviationsFor(latencies: readonly number[], scored: readonly Scored[], best: number, total: number): number {
  const n = latencies.length;
  if (n === 0) return nineInTen;
  if (n < conformalFrom) return studentNineInTen(Math.max(1, n - 1));
  const ratios = latencies.map((_, i) => {
    let ratio = 0;
    for (const { alpha, precision, weights, noiseVariances, score } of scored) {
      const own = precision[i * n + i]!;
      // A timing that was believed little was given more noise than a new one has.
      const variance = 1 / own + noiseVariances[i]! * (1 - 1 / weights[i]!);
      ratio += (Math.exp(score - best) / total) * (Math.abs(alpha[i]! / own) / Math.sqrt(variance));
    }
    return ratio;
  });
  return quantile(ratios, Math.min(1, (Math.ceil(0.9 * (n + 1)) - 1) / (n - 1)));
}

/** The same reach for Student's t, whose scale was learnt from few timings (Abramowitz and Stegun, 26.7.5). */
function studentNineInTen(freedom: number): number {
  const z = nineInTen;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

/** Mean and variance of the latency of one network, the noise of a timing included. */
export function predictRow(
  { weights, covariance, noise }: LinearPosterior,
  row: ArrayLike<number>,
): { mean: number; deviation: number } {
  const mean = dot(weights, row);
  const variance = noise.constant ** 2 + (noise.fraction * mean) ** 2 + quadratic(covariance, row);
  return { mean, deviation: Math.sqrt(Math.max(0, variance)) };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
