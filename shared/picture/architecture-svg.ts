/**
 * @file The network drawn block by block: kernel as width and colour, expansion as height, skipped blocks as dashed
 * gaps, and each block's latency below it.
 */

import type { Architecture } from '../contract/architecture.ts';
import { FastpathError } from '../errors.ts';
import type { Path, SupernetPlan } from '../space/plan.ts';
import {
  type Cell,
  captionSize,
  type Group,
  heightOf,
  highestExpansion,
  justify,
  kernelUnit,
  layOut,
  type Row,
} from './architecture-layout.ts';
import { convolutionClass, expansionsOf } from './candidate-colour.ts';
import { contentTop, frame, label, margin, textWidth } from './frame.ts';
import { readable } from './live/scale.js';
import { el, type Markup } from './markup.ts';

export interface BlockLatencies {
  hardware: string;
  /** one per choice block, milliseconds; 0 where it is skipped */
  blocksMs: readonly number[];
  /** stem, fixed block, head and the call itself, milliseconds */
  fixedMs: number;
}

const widest = 1340;
const legendHeight = 40;
const headerHeight = 58;
const strideHeight = 20;
const blocksHeight = 112;
const captionHeight = 34;
const barsHeight = 62;
const rowGap = 18;

const rowHeight = (withBars: boolean) =>
  headerHeight + strideHeight + blocksHeight + captionHeight + (withBars ? barsHeight : 0) + 10;

/**
 * Draws a path through a plan as an SVG document.
 * @throws FastpathError `picture.mismatch` when path, plan, architecture and latencies do not belong together,
 * `picture.not-finite` for a latency that is no time
 */
export function architectureSvg(input: {
  plan: SupernetPlan;
  path: Path;
  architecture: Architecture;
  title: string;
  latency?: BlockLatencies;
}): string {
  const { plan, path, architecture, title, latency } = input;
  requireMatch(plan, path, architecture, latency);
  const rows = layOut(plan, path, architecture, latency?.blocksMs, widest);
  const slowest = Math.max(0, ...(latency?.blocksMs ?? []));
  const height =
    contentTop + legendHeight + rows.length * (rowHeight(latency !== undefined) + rowGap) - rowGap + margin;
  const cells = rows.flatMap((row) => row.groups.flatMap((group) => group.cells));
  const skipped = cells.filter((cell) => cell.kind === 'skipped').length;
  const totalMs = latency && latency.fixedMs + latency.blocksMs.reduce((sum, ms) => sum + ms, 0);
  const subtitle = [
    `${architecture.resolution} × ${architecture.resolution} pixels`,
    `${architecture.classes} classes`,
    `${plan.blocks.length} choice blocks, ${skipped} skipped`,
    ...(latency ? [`predicted ${readable(totalMs!)} ms on ${latency.hardware}`] : []),
  ].join(' · ');
  const key = legend(plan, latency);
  const contentWidth = Math.max(key.width, Math.min(textWidth(subtitle, 13), widest), ...rows.map((row) => row.width));
  const description = `${subtitle}. ${cells.map((cell) => cell.meaning).join('; ')}.`;
  return frame(
    { width: contentWidth + 2 * margin, height, title, subtitle, description },
    key.drawing,
    rows.map((row, i) => {
      const y = contentTop + legendHeight + i * (rowHeight(latency !== undefined) + rowGap);
      return el(
        'g',
        { transform: `translate(${margin} ${y})` },
        drawRow(justify(row, contentWidth), latency ? slowest : null, i, rows.length),
      );
    }),
  );
}

function requireMatch(plan: SupernetPlan, path: Path, architecture: Architecture, latency?: BlockLatencies): void {
  const kept = plan.blocks.filter((block, i) => block.candidates[path[i] ?? -1]?.op === 'mbconv').length;
  const known = plan.blocks.every((block, i) => block.candidates[path[i] ?? -1] !== undefined);
  const fits = known && path.length === plan.blocks.length && architecture.blocks.length === kept + 1;
  const times = latency ? [...latency.blocksMs, latency.fixedMs] : [];
  if (!times.every((ms) => Number.isFinite(ms) && ms >= 0))
    throw new FastpathError('picture.not-finite', 'a picture cannot show latencies that are negative or not finite');
  if (fits && (!latency || latency.blocksMs.length === path.length)) return;
  throw new FastpathError(
    'picture.mismatch',
    'the path, the architecture and the latencies drawn belong to another plan',
  );
}

function drawRow(row: Row, slowestMs: number | null, index: number, count: number): Markup[] {
  const centre = headerHeight + strideHeight + blocksHeight / 2;
  const height = rowHeight(slowestMs !== null);
  const flow = el('line', {
    class: 'soft-line',
    x1: index === 0 ? 0 : -margin / 2,
    x2: row.width + (index < count - 1 ? margin / 2 : 0),
    y1: centre,
    y2: centre,
    'stroke-width': 1.5,
  });
  return [
    ...row.groups.map((group) => el('rect', { class: 'panel', x: group.x, y: 0, width: group.width, height, rx: 8 })),
    flow,
    ...row.groups.map((group) => drawGroup(group, centre, slowestMs)),
  ];
}

function drawGroup(group: Group, centre: number, slowestMs: number | null): Markup {
  const middle = group.width / 2;
  const [name, channels, size] = group.lines;
  return el(
    'g',
    { transform: `translate(${Math.round(group.x * 100) / 100} 0)` },
    label(middle, 20, name, { size: 13, bold: true, anchor: 'middle' }),
    label(middle, 36, channels, { size: 11, soft: true, anchor: 'middle' }),
    label(middle, 50, size, { size: 11, soft: true, anchor: 'middle' }),
    group.cells.map((cell) => drawCell(cell, centre, slowestMs)),
  );
}

function drawCell(cell: Cell, centre: number, slowestMs: number | null): Markup {
  const { x, width, height } = cell;
  const shape = { x: x - width / 2, y: centre - height / 2, width, height, rx: 3 };
  const captionY = headerHeight + strideHeight + blocksHeight + 14;
  return el(
    'g',
    { class: cell.kind },
    el('title', {}, cell.meaning),
    cell.kind === 'skipped'
      ? el('rect', { ...shape, class: 'soft-line', fill: 'none', 'stroke-width': 1.5, 'stroke-dasharray': '4 3' })
      : el('rect', { ...shape, class: cell.colour }),
    cell.stride === 2 ? strideMark(x, centre - height / 2) : [],
    label(x, captionY, cell.caption, { size: captionSize, anchor: 'middle', soft: cell.kind !== 'block' }),
    cell.note === '' ? [] : label(x, captionY + 14, cell.note, { size: captionSize, anchor: 'middle', soft: true }),
    slowestMs === null || cell.latencyMs === null || cell.kind === 'skipped' ? [] : latencyBar(cell, slowestMs),
  );
}

function strideMark(x: number, top: number): Markup[] {
  return [
    el('path', { class: 'text', d: `M${round(x - 5)} ${round(top - 9)}h10l-5 6z` }),
    label(x, top - 12, 'stride 2', { size: captionSize, anchor: 'middle' }),
  ];
}

const round = (value: number): number => Math.round(value * 100) / 100;

function latencyBar(cell: Cell, slowestMs: number): Markup[] {
  const base = headerHeight + strideHeight + blocksHeight + captionHeight + barsHeight;
  const height = slowestMs > 0 ? ((barsHeight - 18) * cell.latencyMs!) / slowestMs : 0;
  const width = Math.min(cell.slot, 24);
  return [
    el('rect', { class: cell.colour, x: cell.x - width / 2, y: base - height, width, height, rx: 2 }),
    label(cell.x, base - height - 4, readable(cell.latencyMs!), { size: captionSize - 1, anchor: 'middle' }),
  ];
}

/** Kernels as they are drawn (width and colour), expansions as heights, and the marks. */
function legend(plan: SupernetPlan, latency: BlockLatencies | undefined): { drawing: Markup; width: number } {
  const candidates = plan.blocks.flatMap((block) => block.candidates);
  const kernels = [...new Set(candidates.flatMap((c) => (c.op === 'mbconv' ? [c.kernel] : [])))].sort((a, b) => a - b);
  const expansions = expansionsOf(candidates);
  const highest = highestExpansion(plan);
  let x = margin;
  const items: Markup[] = [];
  const add = (width: number, drawing: (left: number) => Markup | Markup[], text: string) => {
    items.push(...[drawing(x)].flat(), label(x + width + 6, contentTop + 12, text, { size: 12 }));
    x += width + 6 + textWidth(text, 12) + 18;
  };
  const middle = contentTop + 8;
  for (const kernel of kernels) {
    const width = kernel * kernelUnit;
    const colour = convolutionClass(kernel, expansions.at(-1)!, expansions);
    add(
      width,
      (left) => el('rect', { class: colour, x: left, y: middle - 6, width, height: 12, rx: 3 }),
      `kernel ${kernel}`,
    );
  }
  for (const expansion of expansions) {
    const height = (heightOf(expansion, highest) * 26) / heightOf(highest, highest);
    const bar = { class: 'fixed', y: middle - height / 2, width: 10, height, rx: 2 };
    add(10, (left) => el('rect', { ...bar, x: left }), `expansion ${readable(expansion)}`);
  }
  if (candidates.some((candidate) => candidate.op === 'zero')) {
    const dashed = { class: 'soft-line', fill: 'none', 'stroke-width': 1.5, 'stroke-dasharray': '4 3' };
    add(18, (left) => el('rect', { ...dashed, x: left, y: middle - 6, width: 18, height: 12, rx: 3 }), 'skipped block');
  }
  if (latency) {
    const bars = (left: number) =>
      [6, 12, 9].map((height, i) =>
        el('rect', { class: 'soft', x: left + 6 * i, y: middle + 6 - height, width: 4, height }),
      );
    add(16, bars, 'latency in ms');
  }
  return { drawing: el('g', { class: 'legend' }, items), width: x - 18 - margin };
}
