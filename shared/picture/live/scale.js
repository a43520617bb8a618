/**
 * @file Scales and ticks: from data to pixels, and the round numbers to write beside an axis. What lies in this folder
 * is plain JavaScript, because browsers take it as it is: pages draw with the same code on the server and live.
 */

/** @typedef {(value: number) => number} Scale */

/**
 * Maps [low, high] to [from, to]; where low equals high, everything lands in the middle.
 * @param {number} low
 * @param {number} high
 * @param {number} from
 * @param {number} to
 * @returns {Scale}
 */
export const linear = (low, high, from, to) => (value) =>
  high > low ? from + ((value - low) / (high - low)) * (to - from) : (from + to) / 2;

/**
 * A range around the values that starts and ends at round numbers, and the round numbers in it, ends included.
 * @param {Iterable<number>} values
 * @param {number} about how many
 * @returns {number[]}
 */
export function niceTicks(values, about = 4) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  if (high - low < 1e-9 * Math.max(1e-9, Math.abs(low))) {
    const room = Math.max(Math.abs(low) * 0.1, 1e-3);
    low -= room;
    high += room;
  }
  const rough = (high - low) / about;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 2.5, 5, 10].find((factor) => factor * magnitude >= rough * 0.999) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/**
 * A tick's label: as many decimals as the ticks together need, so that they line up.
 * @param {number} tick
 * @param {readonly number[]} ticks
 */
export function tickLabel(tick, ticks) {
  const isEnough = (/** @type {number} */ decimals) =>
    ticks.every((each) => Math.abs(Number(each.toFixed(decimals)) - each) < 1e-12);
  const decimals = [0, 1, 2, 3, 4, 5, 6].find(isEnough) ?? 7;
  return tick.toFixed(decimals);
}

/**
 * A number for reading: three significant digits, no exponent, no zeros at the end.
 * @param {number} value
 */
export function readable(value) {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}

/**
 * A count of steps, short: 950, 12k, 1.5M.
 * @param {number} step
 */
export function stepLabel(step) {
  if (Math.abs(step) >= 1e6) return `${readable(step / 1e6)}M`;
  return Math.abs(step) >= 1e4 ? `${readable(step / 1e3)}k` : readable(step);
}
