/**
 * @file What one trained supernet offers at every budget: cost against accuracy (or, where that is unknown, against how
 * probable the search holds the path), the budget line, and the network that was chosen.
 */

import { frontierOf } from '../comparison/frontier.ts';
import { FastpathError } from '../errors.ts';
import { horizontalGrid } from './axis.ts';
import { contentTop, frame, label, margin, textWidth } from './frame.ts';
import { linear, niceTicks, readable, tickLabel } from './live/scale.js';
import { el, type Markup } from './markup.ts';

export interface ParetoInput {
  title: string;
  hardware: string;
  points: readonly {
    latencyMs: number;
    /** Σ ln p over the blocks, divided by their number */
    meanLogProbability: number;
    /** share of images classified right, 0 to 1; null where it was not measured */
    accuracy: number | null;
  }[];
  /** index into `points`; null when none of them is the delivered one */
  chosen: number | null;
  /** null: no hard budget */
  budgetMs: number | null;
}

const width = 760;
const left = margin + 52;
const right = width - margin;
const top = contentTop + 22;
const bottom = top + 320;
const height = bottom + 62;

/**
 * Draws a Pareto set as an SVG document. The vertical axis is accuracy when every point has one.
 * @throws FastpathError `picture.mismatch` when `chosen` names no point
 */
export function paretoSvg({ title, hardware, points, chosen, budgetMs }: ParetoInput): string {
  if (chosen !== null && points[chosen] === undefined)
    throw new FastpathError('picture.mismatch', `point ${chosen} is marked as chosen but there are ${points.length}`);
  const byAccuracy = points.length > 0 && points.every(({ accuracy }) => accuracy !== null);
  const worth = points.map((point) => (byAccuracy ? point.accuracy! * 100 : point.meanLogProbability));
  const worthName = byAccuracy ? 'accuracy, %' : 'mean ln p per choice block';
  const xTicks = niceTicks([...points.map(({ latencyMs }) => latencyMs), ...(budgetMs === null ? [] : [budgetMs])], 6);
  const yTicks = niceTicks(worth);
  const x = linear(xTicks[0]!, xTicks.at(-1)!, left, right);
  const y = linear(yTicks[0]!, yTicks.at(-1)!, bottom, top);
  const frontier = frontierOf(points.map(({ latencyMs }, i) => ({ cost: latencyMs, worth: worth[i]!, index: i })));
  const onFrontier = new Set(frontier.map(({ index }) => index));
  const words = (i: number) => {
    const value = byAccuracy ? `accuracy ${worth[i]!.toFixed(1)} %` : `mean ln p ${worth[i]!.toFixed(3)}`;
    return `${readable(points[i]!.latencyMs)} ms, ${value}${i === chosen ? ', chosen' : ''}`;
  };
  const budgetWords = budgetMs === null ? 'no budget' : `budget ${readable(budgetMs)} ms`;
  const subtitle = `${points.length} architectures from one supernet · ${budgetWords} · predicted for ${hardware}`;
  const description = `${subtitle}. ${points.map((_, i) => words(i)).join('; ')}.`;
  const steps = frontier.map(({ cost, worth: value }, i) =>
    i === 0 ? `M${x(cost)} ${y(value)}` : `H${x(cost)}V${y(value)}`,
  );

  return frame(
    { width, height, title, subtitle, description },
    label(left, top - 14, worthName, { size: 12, soft: true }),
    horizontalGrid(yTicks, y, left, right),
    xTicks.map((tick) =>
      label(x(tick), bottom + 18, tickLabel(tick, xTicks), { size: 10, soft: true, anchor: 'middle' }),
    ),
    label((left + right) / 2, bottom + 40, 'latency, ms', { size: 12, soft: true, anchor: 'middle' }),
    budgetMs === null ? [] : budgetLine(x(budgetMs), readable(budgetMs)),
    steps.length > 1 ? el('path', { class: 'series-0', fill: 'none', 'stroke-width': 1.5, d: steps.join('') }) : [],
    points.map((point, i) =>
      el(
        'circle',
        { class: `point ${onFrontier.has(i) ? 'k3-1' : 'fixed'}`, cx: x(point.latencyMs), cy: y(worth[i]!), r: 5 },
        el('title', {}, words(i)),
      ),
    ),
    chosen === null ? [] : mark(x(points[chosen]!.latencyMs), y(worth[chosen]!), words(chosen)),
  );
}

function budgetLine(x: number, budget: string): Markup[] {
  const text = `budget ${budget} ms`;
  const fitsLeft = x - textWidth(text, 11) - 6 > left;
  return [
    el('line', {
      class: 'accent-line budget',
      x1: x,
      x2: x,
      y1: top - 6,
      y2: bottom,
      'stroke-width': 1.5,
      'stroke-dasharray': '6 4',
    }),
    label(x + (fitsLeft ? -6 : 6), bottom - 8, text, {
      size: 11,
      accent: true,
      ...(fitsLeft ? { anchor: 'end' as const } : {}),
    }),
  ];
}

/** A ring around the chosen point, and its numbers below it, where a rising frontier leaves room. */
function mark(x: number, y: number, words: string): Markup[] {
  const room = textWidth(words, 13.5);
  const below = y + 32 < bottom;
  return [
    el('circle', { class: 'accent-line chosen', cx: x, cy: y, r: 9, fill: 'none', 'stroke-width': 2.5 }),
    label(Math.max(left, Math.min(x + 8, right - room)), below ? y + 26 : y - 16, words, {
      size: 12,
      bold: true,
      halo: true,
    }),
  ];
}
