/** @file One choice block's plot: path probabilities as stacked areas over steps, and the entropy of the choice below. */

import { round } from './axis.ts';
import { linear, type Scale } from './live/scale.js';
import { el, type Markup } from './markup.ts';

export const panelWidth = 264;
export const areaTop = 38;
export const areaHeight = 96;
export const entropyHeight = 22;

/** Shannon entropy in nats; 0 · ln 0 counts as 0. */
export const entropyNats = (p: readonly number[]): number =>
  -p.reduce((sum, each) => sum + (each > 0 ? each * Math.log(each) : 0), 0);

/** Stacked areas with the chosen candidate at the bottom, and the entropy relative to its maximum below. */
export function drawPlot(
  candidates: readonly string[],
  chosen: number,
  series: readonly (readonly number[])[],
  steps: readonly number[],
  x: Scale,
  classes: ReadonlyMap<string, string>,
): Markup[] {
  const y = linear(0, 1, areaTop + areaHeight, areaTop);
  const upward = [chosen, ...candidates.keys()].filter((candidate, i) => i === 0 || candidate !== chosen);
  const below = series.map(() => 0);
  const layers: Markup[] = [];
  for (const candidate of upward) {
    for (const [column, probabilities] of series.entries()) below[column]! += probabilities[candidate]!;
    const isChosen = candidate === chosen;
    const title = el('title', {}, candidates[candidate]!);
    const attributes = { class: `candidate ${classes.get(candidates[candidate]!)!}` };
    layers.unshift(el('path', { ...attributes, d: areaUnder(below, steps, x, y, areaTop + areaHeight) }, title));
    if (isChosen)
      layers.push(
        el('path', { class: 'strong-line', fill: 'none', 'stroke-width': 1.5, d: lineAlong(below, steps, x, y) }),
      );
  }
  const strip = areaTop + areaHeight + 6;
  const h = linear(0, Math.max(Math.log(candidates.length), 1e-9), strip + entropyHeight, strip);
  const entropy = areaUnder(series.map(entropyNats), steps, x, h, strip + entropyHeight);
  return [
    ...layers,
    el('rect', { class: 'panel', x: 0, y: strip, width: panelWidth, height: entropyHeight }),
    el('path', { class: 'soft entropy', 'fill-opacity': 0.55, d: entropy }, el('title', {}, 'entropy over time')),
  ];
}

/** The points of a curve; a single one is drawn as a level over the whole width. */
function points(values: readonly number[], steps: readonly number[], x: Scale, y: Scale): string[] {
  if (values.length === 1) return [`0 ${round(y(values[0]!), 10)}`, `${panelWidth} ${round(y(values[0]!), 10)}`];
  return values.map((value, i) => `${round(x(steps[i]!), 10)} ${round(y(value), 10)}`);
}

const lineAlong = (values: readonly number[], steps: readonly number[], x: Scale, y: Scale): string =>
  `M${points(values, steps, x, y).join('L')}`;

const areaUnder = (values: readonly number[], steps: readonly number[], x: Scale, y: Scale, bottom: number): string =>
  `${lineAlong(values, steps, x, y)}V${bottom}H0Z`;
