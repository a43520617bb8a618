/** @file The curves as a picture: for each device accuracy over latency, of networks found and of the baseline in widths. */
import { horizontalGrid } from '../../../shared/picture/axis.ts';
import { contentTop, frame, label, margin } from '../../../shared/picture/frame.ts';
import { linear, niceTicks, readable, tickLabel } from '../../../shared/picture/live/scale.js';
import { el, type Markup } from '../../../shared/picture/markup.ts';
import type { CurvePoint } from './curve.ts';

export interface CurvePanel {
  title: string;
  found: readonly CurvePoint[];
  baseline: readonly CurvePoint[];
}

const panelWidth = 360;
const yLabels = 48;
const gap = 24;
const plotTop = contentTop + 50;
const plotHeight = 220;
const names = ['found', "MobileNetV2's shape"];

export function curvesSvg({
  title,
  subtitle,
  panels,
}: {
  title: string;
  subtitle: string;
  panels: readonly CurvePanel[];
}) {
  const width = 2 * margin + panels.length * (yLabels + panelWidth) + (panels.length - 1) * gap;
  const height = plotTop + plotHeight + 62;
  const words = (points: readonly CurvePoint[]) =>
    points.map(({ latencyMs, top1 }) => `${readable(latencyMs)} ms ${top1.toFixed(1)} %`).join(', ');
  const description = `${subtitle}. ${panels
    .map((panel) => `${panel.title}: ${names[0]} ${words(panel.found)}; ${names[1]} ${words(panel.baseline)}`)
    .join('. ')}.`;
  return frame(
    { width, height, title, subtitle, description },
    panels.map((panel, i) => drawPanel(panel, margin + yLabels + i * (yLabels + panelWidth + gap))),
  );
}

function drawPanel({ title, found, baseline }: CurvePanel, left: number): Markup[] {
  const points = [...found, ...baseline];
  const xTicks = niceTicks(
    points.map(({ latencyMs }) => latencyMs),
    5,
  );
  const yTicks = niceTicks(points.map(({ top1 }) => top1));
  const right = left + panelWidth;
  const bottom = plotTop + plotHeight;
  const x = linear(xTicks[0]!, xTicks.at(-1)!, left, right);
  const y = linear(yTicks[0]!, yTicks.at(-1)!, bottom, plotTop);
  return [
    label(left, contentTop + 14, title, { size: 13, bold: true }),
    ...names.flatMap((name, series) => [
      el('line', {
        ...lineOf(series),
        x1: left + series * 90,
        x2: left + series * 90 + 20,
        y1: plotTop - 14,
        y2: plotTop - 14,
      }),
      label(left + series * 90 + 26, plotTop - 10, name, { size: 11, soft: true }),
    ]),
    ...horizontalGrid(yTicks, y, left, right),
    ...xTicks.map((tick) =>
      label(x(tick), bottom + 18, tickLabel(tick, xTicks), { size: 10, soft: true, anchor: 'middle' }),
    ),
    label((left + right) / 2, bottom + 38, 'measured latency, ms', { size: 11, soft: true, anchor: 'middle' }),
    ...[found, baseline].flatMap((curve, series) => {
      const sorted = [...curve].sort((a, b) => a.latencyMs - b.latencyMs);
      const d = `M${sorted.map((point) => `${x(point.latencyMs).toFixed(1)} ${y(point.top1).toFixed(1)}`).join('L')}`;
      return [
        el('path', { ...lineOf(series), d }),
        ...sorted.map((point) =>
          el(
            'circle',
            { ...lineOf(series), 'stroke-dasharray': undefined, cx: x(point.latencyMs), cy: y(point.top1), r: 3.5 },
            el('title', {}, `${names[series]}: ${readable(point.latencyMs)} ms, ${point.top1.toFixed(1)} %`),
          ),
        ),
      ];
    }),
  ];
}

/** Series differ in dashes too, not in colour alone. */
function lineOf(series: number) {
  return {
    ...{ class: `series-${series}`, fill: 'none', 'stroke-width': 2 },
    'stroke-dasharray': series === 0 ? undefined : '5 3',
  };
}
