/**
 * @file Networks side by side: for each device what they are worth against how long they take, with the interval, and
 * the frontier; behind that a table of what does not depend on a device. Numbers name the networks throughout.
 */

import type { Comparison } from '../contract/comparison.ts';
import { bytes, count, milliseconds, percent } from '../format.ts';
import { horizontalGrid } from './axis.ts';
import { contentTop, frame, label, margin, shorten } from './frame.ts';
import { linear, niceTicks, type Scale, tickLabel } from './live/scale.js';
import { el, type Markup } from './markup.ts';

type Network = Comparison['networks'][number];

const width = 940;
const plotLeft = margin + 52;
const plotRight = 560;
const listLeft = plotRight + 28;
const right = width - margin;
const rowHeight = 18;
const panelHead = 34;
const panelFoot = 52;
const leastPlotHeight = 260;
/** Right ends of the table's columns behind the names. */
const columns = [470, 590, 710, 830, right];

/** A comparison as an SVG document, a panel for each device. */
export function comparisonSvg(comparison: Comparison, title: string): string {
  const { networks, worth, notes } = comparison;
  const devices = networks[0]?.latency.map(({ hardware }) => hardware) ?? [];
  const plotHeight = Math.max(leastPlotHeight, networks.length * rowHeight);
  const panelHeight = panelHead + plotHeight + panelFoot;
  const tableTop = contentTop + devices.length * panelHeight + 16;
  const height = tableTop + (networks.length + 1) * rowHeight + (notes.length + 1) * rowHeight + margin;
  const subtitle = `${worthNames[worth]} against predicted latency; the line joins what nothing else beats in both`;
  return frame(
    {
      width,
      height,
      title,
      subtitle,
      description: [subtitle, ...networks.map(inWords), ...notes].join('. ').concat('.'),
    },
    devices.map((hardware, i) =>
      el(
        'g',
        { transform: `translate(0 ${contentTop + i * panelHeight})` },
        devicePanel(comparison, hardware, i, plotHeight),
      ),
    ),
    el('g', { transform: `translate(0 ${tableTop})` }, costTable(networks)),
    notes.map((note, i) =>
      label(margin, tableTop + (networks.length + 1.6 + i) * rowHeight, shorten(`Note: ${note}`, 11, right - margin), {
        size: 11,
        soft: true,
      }),
    ),
  );
}

const worthNames: Record<Comparison['worth'], string> = { accuracy: 'Top-1 accuracy', macs: 'Multiply-adds' };

function inWords(network: Network, i: number): string {
  const { name, accuracy, macs, parameters, latency, baseline } = network;
  const times = latency.map(({ hardware, latencyMs }) => `${milliseconds(latencyMs)} on ${hardware}`).join(', ');
  const known = accuracy === null ? 'accuracy not known' : `top-1 ${percent(accuracy.top1)} of ${accuracy.of}`;
  const kind = baseline ? ' (baseline)' : '';
  return `${i + 1} ${name}${kind}: ${times}; ${known}; ${count(macs)} multiply-adds, ${count(parameters)} parameters`;
}

function devicePanel({ networks, worth }: Comparison, hardware: string, device: number, plotHeight: number): Markup[] {
  const points = networks.flatMap((network, i) => {
    const value = worth === 'macs' ? network.macs / 1e6 : network.accuracy && 100 * network.accuracy.top1;
    return value === null ? [] : [{ network, number: i + 1, value, ...network.latency[device]! }];
  });
  const top = panelHead;
  const bottom = panelHead + plotHeight;
  const xTicks = niceTicks([...points.flatMap(({ lowMs, highMs }) => [lowMs, highMs])], 6);
  const yTicks = niceTicks(points.map(({ value }) => value));
  const x = linear(xTicks[0]!, xTicks.at(-1)!, plotLeft, plotRight);
  const y = linear(yTicks[0]!, yTicks.at(-1)!, bottom, top);
  const frontier = points.filter(({ onFrontier }) => onFrontier).sort((a, b) => a.latencyMs - b.latencyMs);
  const steps = frontier.map(({ latencyMs, value }, i) =>
    i === 0 ? `M${x(latencyMs)} ${y(value)}` : `H${x(latencyMs)}V${y(value)}`,
  );
  return [
    label(margin, 12, hardware, { size: 14, bold: true }),
    label(plotLeft, top - 8, worth === 'macs' ? 'multiply-adds, M' : 'top-1, %', { size: 11, soft: true }),
    ...horizontalGrid(yTicks, y, plotLeft, plotRight),
    ...xTicks.map((tick) =>
      label(x(tick), bottom + 16, tickLabel(tick, xTicks), { size: 10, soft: true, anchor: 'middle' }),
    ),
    label((plotLeft + plotRight) / 2, bottom + 34, 'latency, ms', { size: 11, soft: true, anchor: 'middle' }),
    ...(steps.length > 1
      ? [el('path', { class: 'series-0 frontier', fill: 'none', 'stroke-width': 1.5, d: steps.join('') })]
      : []),
    // What was given is never hidden by a baseline.
    ...points.toSorted(baselinesFirst).flatMap((point) => marked(point, x, y)),
    ...networks.flatMap((network, i) => listed(network, i, device, top + (i + 0.7) * rowHeight)),
  ];
}

interface Point {
  network: Network;
  number: number;
  value: number;
  latencyMs: number;
  lowMs: number;
  highMs: number;
}

const baselinesFirst = (a: Point, b: Point) => Number(b.network.baseline) - Number(a.network.baseline);

/** The interval, the point on it, and its number. */
function marked({ network, number, value, latencyMs, lowMs, highMs }: Point, x: Scale, y: Scale): Markup[] {
  const [cx, cy] = [x(latencyMs), y(value)];
  const interval = { x1: x(lowMs), x2: x(highMs), y1: cy, y2: cy, 'stroke-width': 1.25 };
  return [
    el('line', { class: 'soft-line interval', ...interval }),
    symbol(network, cx, cy, `${number} ${network.name}, ${times({ latencyMs, lowMs, highMs })}`),
    label(cx + 6, cy - 6, String(number), { size: 10, halo: true }),
  ];
}

/** Told apart by shape as well as by colour: a circle for what was given, a square for a baseline. */
function symbol({ baseline }: Network, x: number, y: number, words: string): Markup {
  const title = el('title', {}, words);
  if (!baseline) return el('circle', { class: 'point k3-2', cx: x, cy: y, r: 5 }, title);
  return el('rect', { class: 'point k5-1', x: x - 4, y: y - 4, width: 8, height: 8 }, title);
}

function listed(network: Network, i: number, device: number, y: number): Markup[] {
  const time = network.latency[device]!;
  const name = `${i + 1} ${network.name}`;
  return [
    symbol(network, listLeft, y - 4, name),
    label(listLeft + 12, y, shorten(name, 11, 170), { size: 11, bold: time.onFrontier }),
    label(right, y, times(time), { size: 11, soft: true, anchor: 'end' }),
  ];
}

function times({ latencyMs, lowMs, highMs }: Pick<Point, 'latencyMs' | 'lowMs' | 'highMs'>): string {
  return `${milliseconds(latencyMs)} (${milliseconds(lowMs)} to ${milliseconds(highMs)})`;
}

function costTable(networks: readonly Network[]): Markup[] {
  const line = (cells: readonly string[], y: number, bold: boolean) => [
    label(margin, y, shorten(cells[0]!, 11, columns[0]! - margin - 60), { size: 11, bold }),
    ...cells.slice(1).map((cell, i) => label(columns[i]!, y, cell, { size: 11, bold, anchor: 'end' as const })),
  ];
  const head = ['network', 'top-1', 'multiply-adds', 'parameters', 'peak memory', 'pixels'];
  return [
    ...line(head, 0, true),
    ...networks.flatMap((network, i) => {
      const { name, accuracy, macs, parameters, peakActivationBytes, resolution } = network;
      const top1 = accuracy === null ? '–' : percent(accuracy.top1);
      const costs = [count(macs), count(parameters), bytes(peakActivationBytes), String(resolution)];
      return line([`${i + 1} ${name}`, top1, ...costs], (i + 1) * rowHeight, false);
    }),
  ];
}
