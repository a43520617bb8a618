/** @file What pictures draw beside and across their plots: grids, phases. */

import { label } from './frame.ts';
import { type Scale, stepLabel, tickLabel } from './live/scale.js';
import { el, type Markup } from './markup.ts';

export const round = (value: number, unit = 100): number => Math.round(value * unit) / unit;

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
