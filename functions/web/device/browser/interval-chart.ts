/** @file Measured and predicted latency of networks, one under the other: a line is an interval, a dot what is predicted, a ring what was measured. */
import { milliseconds } from '../../../../shared/format.ts';
import type { Shown } from './result.ts';

const width = 360;
const rowHeight = 26;
const left = 8;
const right = width - 8;
const axisHeight = 24;

export function intervalChart(networks: readonly Shown[]): SVGSVGElement {
  const height = networks.length * rowHeight + axisHeight;
  const mostMs = Math.max(...networks.flatMap(({ measuredMs, highMs }) => [measuredMs, highMs]));
  const x = (ms: number) => left + ((right - left) * ms) / mostMs;
  const bottom = networks.length * rowHeight;
  const rows = networks.flatMap(({ measuredMs, predictedMs, lowMs, highMs }, i) => {
    const y = (i + 0.5) * rowHeight;
    return [
      svg('line', { x1: x(lowMs), x2: x(highMs), y1: y, y2: y, class: 'interval' }),
      svg('circle', { cx: x(predictedMs), cy: y, r: 3, class: 'predicted' }),
      svg('circle', { cx: x(measuredMs), cy: y, r: 6, class: 'measured' }),
    ];
  });
  const axis = [
    svg('line', { x1: left, x2: right, y1: bottom, y2: bottom, class: 'axis' }),
    svg('text', { x: left, y: height - 6 }, '0 ms'),
    svg('text', { x: right, y: height - 6, 'text-anchor': 'end' }, milliseconds(mostMs)),
  ];
  const chart = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-labelledby': 'chart-title chart-words',
  });
  chart.append(
    svg('title', { id: 'chart-title' }, 'Latency of the networks that were timed'),
    svg(
      'desc',
      { id: 'chart-words' },
      'For each network, fastest first: the predicted interval, the prediction and the measured time. The table below has the numbers.',
    ),
    ...rows,
    ...axis,
  );
  return chart;
}

function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number>>,
  text = '',
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}
