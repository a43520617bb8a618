/** @file Scales and ticks: from data to pixels, and the round numbers to write beside an axis. */

import { label, readable } from './frame.ts';
import { el, type Markup } from './markup.ts';

export type Scale = (value: number) => number;

export const round = (value: number, unit = 100): number => Math.round(value * unit) / unit;

/** Maps [low, high] to [from, to]; where low equals high, everything lands in the middle. */
export const linear =
  (low: number, high: number, from: number, to: number): Scale =>
  (value) =>
    high > low ? from + ((value - low) / (high - low)) * (to - from) : (from + to) / 2;

/** A range around the values that starts and ends at round numbers, and the round numbers in it, ends included. */
export function niceTicks(values: Iterable<number>, about = 4): number[] {
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

/** A tick's label: as many decimals as the ticks together need, so that they line up. */
export function tickLabel(tick: number, ticks: readonly number[]): string {
  const isEnough = (decimals: number) => ticks.every((each) => Math.abs(Number(each.toFixed(decimals)) - each) < 1e-12);
  const decimals = [0, 1, 2, 3, 4, 5, 6].find(isEnough) ?? 7;
  return tick.toFixed(decimals);
}

/** A count of steps, short: 950, 12k, 1.5M. */
export function stepLabel(step: number): string {
  if (Math.abs(step) >= 1e6) return `${readable(step / 1e6)}M`;
  return Math.abs(step) >= 1e4 ? `${readable(step / 1e3)}k` : readable(step);
}

/** A moment on the step axis that deserves a line in every plot, such as the start of a phase. */
export interface Phase {
  name: string;
  /** step at which it begins */
  step: number;
}

/** Dashed vertical lines where phases begin, inside a plot from `top` to `bottom`. */
export function phaseLines(phases: readonly Phase[], x: Scale, top: number, bottom: number): Markup[] {
  return phases.map(({ name, step }) =>
    el(
      'line',
      { class: 'strong-line', x1: x(step), x2: x(step), y1: top, y2: bottom, 'stroke-dasharray': '2 3' },
      el('title', {}, `${name} from step ${step}`),
    ),
  );
}

/** Phases as words, for a legend. */
export const phaseWords = (phases: readonly Phase[]): string =>
  phases.map(({ name, step }) => `${name} from step ${stepLabel(step)}`).join(', ');

/** Horizontal grid lines with their labels to the left of the plot. */
export function horizontalGrid(ticks: readonly number[], y: Scale, left: number, right: number): Markup[] {
  return ticks.flatMap((tick) => [
    el('line', { class: 'line', x1: left, x2: right, y1: y(tick), y2: y(tick), 'stroke-width': 0.75 }),
    label(left - 6, y(tick) + 3.5, tickLabel(tick, ticks), { size: 10, soft: true, anchor: 'end' }),
  ]);
}
