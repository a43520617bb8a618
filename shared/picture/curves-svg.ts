/** @file Training curves: loss, accuracy, expected latency over steps, one small plot each on a common step axis. */

import { horizontalGrid, type Phase, phaseLines, phaseWords, round } from './axis.ts';
import { groupInOrder, mean } from './downsample.ts';
import { contentTop, frame, label, margin, shorten, textWidth } from './frame.ts';
import { linear, niceTicks, readable, type Scale, stepLabel } from './live/scale.js';
import { el, type Markup } from './markup.ts';
import { seriesCount } from './style.ts';

export interface CurvePanel {
  /** what is drawn and its unit, e.g. `loss, nats` */
  title: string;
  /** up to four; values that are not finite are left out */
  series: readonly { name: string; points: readonly { step: number; value: number }[] }[];
  /** a level to compare with, such as a latency budget */
  reference?: { name: string; value: number };
}

const mostPoints = 240;
const panelWidth = 380;
const plotTop = 44;
const plotHeight = 150;
const panelHeight = plotTop + plotHeight + 24;
const gap = 28;
const yLabels = 48;
/** Series differ in dashes too, not in colour alone. */
const dashes = [undefined, '5 3', '2 2', '8 3 2 3'];

/** Draws curves over steps as an SVG document, two plots a row; long series are averaged to 240 points. */
export function curvesSvg(input: { title: string; panels: readonly CurvePanel[]; phases?: readonly Phase[] }): string {
  const { title, phases = [] } = input;
  const panels = input.panels.map(readyToDraw);
  const steps = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ step }) => step)));
  const first = steps.reduce((low, step) => Math.min(low, step), steps[0] ?? 0);
  const last = steps.reduce((high, step) => Math.max(high, step), steps[0] ?? 0);
  const across = Math.max(1, Math.min(2, panels.length));
  const down = Math.ceil(panels.length / across);
  const width = 2 * margin + across * (yLabels + panelWidth) + (across - 1) * gap;
  const height = contentTop + down * (panelHeight + gap) - gap + margin;
  const subtitle =
    steps.length === 0
      ? 'no step yet'
      : [`steps ${first} to ${last}`, ...(phases.length > 0 ? [`dotted: ${phaseWords(phases)}`] : [])].join(' · ');
  const description = `${subtitle}. ${panels.map(wordsOf).join(' ')}`;
  const x = linear(first, last, 0, panelWidth);
  return frame(
    { width, height, title, subtitle, description },
    panels.map((panel, i) => {
      const left = margin + yLabels + (i % across) * (yLabels + panelWidth + gap);
      const top = contentTop + Math.floor(i / across) * (panelHeight + gap);
      return el(
        'g',
        { class: 'curves', transform: `translate(${left} ${top})` },
        drawPanel(panel, x),
        phaseLines(
          phases.filter(({ step }) => step > first && step < last),
          x,
          plotTop,
          plotTop + plotHeight,
        ),
        steps.length === 0 ? [] : stepAxis(first, last),
      );
    }),
  );
}

/** Finite values only, few enough to draw. */
function readyToDraw(panel: CurvePanel): CurvePanel {
  const series = panel.series.slice(0, seriesCount).map(({ name, points }) => {
    const finite = points.filter(({ step, value }) => Number.isFinite(step) && Number.isFinite(value));
    const short = groupInOrder(finite, mostPoints).map((group) => ({
      step: mean(group.map(({ step }) => step)),
      value: mean(group.map(({ value }) => value)),
    }));
    return { name, points: short };
  });
  return { ...panel, series };
}

function wordsOf({ title, series, reference }: CurvePanel): string {
  const parts = series.map(({ name, points }) =>
    points.length === 0
      ? `${name} unknown`
      : `${name} from ${readable(points[0]!.value)} to ${readable(points.at(-1)!.value)}`,
  );
  if (reference) parts.push(`${reference.name} ${readable(reference.value)}`);
  return `${title}: ${parts.join(', ')}.`;
}

function drawPanel({ title, series, reference }: CurvePanel, x: Scale): (Markup | Markup[])[] {
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const ticks = niceTicks(reference ? [...values, reference.value] : values);
  const y = linear(ticks[0]!, ticks.at(-1)!, plotTop + plotHeight, plotTop);
  return [
    label(0, 14, shorten(title, 13, panelWidth), { size: 13, bold: true }),
    legend(
      series.map(({ name, points }) => (points.length === 0 ? name : `${name} ${readable(points.at(-1)!.value)}`)),
    ),
    horizontalGrid(ticks, y, 0, panelWidth),
    series.flatMap(({ name, points }, i) => (points.length === 0 ? [] : [curve(name, points, i, x, y)])),
    reference ? referenceLine(reference, y(reference.value)) : [],
  ];
}

function curve(name: string, points: CurvePanel['series'][number]['points'], i: number, x: Scale, y: Scale): Markup {
  const places = points.map(({ step, value }) => `${round(x(step), 10)} ${round(y(value), 10)}`);
  const tooltip = el('title', {}, name);
  if (places.length === 1) {
    const [point] = points as [{ step: number; value: number }];
    return el(
      'circle',
      { class: `series-${i}`, cx: x(point.step), cy: y(point.value), r: 2.5, fill: 'none', 'stroke-width': 2 },
      tooltip,
    );
  }
  return el(
    'path',
    {
      class: `series-${i}`,
      fill: 'none',
      'stroke-width': 1.75,
      'stroke-linejoin': 'round',
      'stroke-dasharray': dashes[i],
      d: `M${places.join('L')}`,
    },
    tooltip,
  );
}

function legend(names: readonly string[]): Markup[] {
  const room = panelWidth / Math.max(1, names.length);
  let x = 0;
  return names.flatMap((name, i) => {
    const shown = shorten(name, 11, room - 34);
    const line = {
      class: `series-${i}`,
      x1: x,
      x2: x + 18,
      y1: 28,
      y2: 28,
      'stroke-width': 2,
      'stroke-dasharray': dashes[i],
    };
    const item = [el('line', line), label(x + 24, 32, shown, { size: 11, soft: true })];
    x += 24 + textWidth(shown, 11) + 10;
    return item;
  });
}

function referenceLine({ name, value }: { name: string; value: number }, y: number): Markup[] {
  const text = shorten(`${name} ${readable(value)}`, 11, panelWidth);
  // Costs come down to their budget: below the line there is room.
  const below = y + 20 < plotTop + plotHeight;
  return [
    el('line', {
      class: 'accent-line reference',
      x1: 0,
      x2: panelWidth,
      y1: y,
      y2: y,
      'stroke-width': 1.5,
      'stroke-dasharray': '6 4',
    }),
    label(panelWidth, below ? y + 15 : y - 6, text, { size: 11, accent: true, anchor: 'end', halo: true }),
  ];
}

function stepAxis(first: number, last: number): Markup[] {
  const y = plotTop + plotHeight + 16;
  return [
    label(0, y, stepLabel(first), { size: 10, soft: true }),
    label(panelWidth / 2, y, 'step', { size: 10, soft: true, anchor: 'middle' }),
    label(panelWidth, y, stepLabel(last), { size: 10, soft: true, anchor: 'end' }),
  ];
}
