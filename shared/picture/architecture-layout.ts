/** @file Where everything stands in the drawing of an architecture: cells in groups, groups in rows. */

import type { Architecture } from '../contract/architecture.ts';
import type { Path, SupernetPlan } from '../space/plan.ts';
import { convolutionClass, expansionsOf } from './candidate-colour.ts';
import { textWidth } from './frame.ts';
import { readable } from './live/scale.js';

/** Drawn width of one pixel of kernel, and the height that the highest expansion gets. */
export const kernelUnit = 7;
const tallest = 108;
const cellGap = 8;
const groupGap = 12;
const groupPadding = 12;
export const captionSize = 10;

export interface Cell {
  kind: 'fixed' | 'block' | 'skipped';
  /** what it is, in words, for the tooltip */
  meaning: string;
  caption: string;
  note: string;
  colour: string;
  width: number;
  height: number;
  stride: 1 | 2;
  /** null where no latency is known for it alone */
  latencyMs: number | null;
  /** centre, from the left edge of the row */
  x: number;
  slot: number;
}

export interface Group {
  lines: readonly [string, string, string];
  cells: Cell[];
  x: number;
  width: number;
}

export interface Row {
  groups: Group[];
  width: number;
}

type Drawn = Omit<Cell, 'x' | 'slot'>;

export const heightOf = (expansion: number, highest: number): number => Math.max(10, (tallest * expansion) / highest);

/** The expansion that is drawn tallest: at least 6, so that drawings of usual spaces compare. */
export const highestExpansion = (plan: SupernetPlan): number =>
  Math.max(6, plan.first.expansion, ...expansionsOf(plan.blocks.flatMap((block) => block.candidates)));

function blockCells(plan: SupernetPlan, path: Path, blocksMs: readonly number[] | undefined): Drawn[] {
  const expansions = expansionsOf(plan.blocks.flatMap((block) => block.candidates));
  const highest = highestExpansion(plan);
  return plan.blocks.map((block, i) => {
    const candidate = block.candidates[path[i]!]!;
    const place = `block ${i + 1}`;
    const latencyMs = blocksMs?.[i] ?? null;
    const time = latencyMs === null ? '' : `, ${readable(latencyMs)} ms`;
    if (candidate.op === 'zero') {
      const height = heightOf(Math.min(...expansions, highest), highest);
      const meaning = `${place}: skipped, its shortcut alone remains`;
      return {
        kind: 'skipped',
        meaning,
        caption: 'skip',
        note: String(i + 1),
        colour: '',
        width: 21,
        height,
        stride: 1,
        latencyMs,
      };
    }
    const { kernel, expansion } = candidate;
    const size = `${block.in} to ${block.out} channels at ${block.inputSize}×${block.inputSize}`;
    return {
      kind: 'block',
      meaning: `${place}: kernel ${kernel}, expansion ${expansion}, stride ${block.stride}, ${size}${time}`,
      caption: `k${kernel} e${readable(expansion)}`,
      note: String(i + 1),
      colour: convolutionClass(kernel, expansion, expansions),
      width: kernel * kernelUnit,
      height: heightOf(expansion, highest),
      stride: block.stride,
      latencyMs,
    };
  });
}

const fixedCell = (meaning: string, caption: string, width: number, height: number, stride: 1 | 2): Drawn => ({
  kind: 'fixed',
  meaning,
  caption,
  note: '',
  colour: 'fixed',
  width,
  height,
  stride,
  latencyMs: null,
});

function place(lines: Group['lines'], drawn: readonly Drawn[]): Group {
  let x = groupPadding;
  const cells = drawn.map((cell) => {
    const strideMark = cell.stride === 2 ? textWidth('stride 2', captionSize) : 0;
    const slot = Math.max(cell.width, textWidth(cell.caption, captionSize), strideMark);
    const placed = { ...cell, slot, x: x + slot / 2 };
    x += slot + cellGap;
    return placed;
  });
  const byCells = x - cellGap + groupPadding;
  const byText = 2 * groupPadding + Math.max(textWidth(lines[0], 13), textWidth(lines[1], 11), textWidth(lines[2], 11));
  const width = Math.max(byCells, byText);
  const shift = (width - byCells) / 2;
  return { lines, width, x: 0, cells: cells.map((cell) => ({ ...cell, x: cell.x + shift })) };
}

/** Groups of cells: stem with the fixed block, one group a stage, head. */
function groupsOf(
  plan: SupernetPlan,
  path: Path,
  { stem, head, classes }: Architecture,
  blocksMs?: readonly number[],
): Group[] {
  const highest = highestExpansion(plan);
  const stemSize = Math.ceil(plan.resolution / stem.stride);
  const { first } = plan;
  const groups = [
    place(
      ['Stem', `${stem.channels} → ${first.out} ch`, `${stemSize} × ${stemSize}`],
      [
        fixedCell(
          `stem: convolution ${stem.kernel}×${stem.kernel} to ${stem.channels} channels, stride ${stem.stride}`,
          'conv',
          stem.kernel * kernelUnit,
          heightOf(1, highest),
          stem.stride,
        ),
        fixedCell(
          `fixed block: kernel ${first.kernel}, expansion ${first.expansion}, to ${first.out} channels`,
          `k${first.kernel} e${readable(first.expansion)}`,
          first.kernel * kernelUnit,
          heightOf(first.expansion, highest),
          first.stride,
        ),
      ],
    ),
  ];
  const cells = blockCells(plan, path, blocksMs);
  const stages = [...new Set(plan.blocks.map((block) => block.stage))];
  for (const stage of stages) {
    const indices = plan.blocks.flatMap((block, i) => (block.stage === stage ? [i] : []));
    const last = plan.blocks[indices.at(-1)!]!;
    const size = Math.ceil(last.inputSize / last.stride);
    groups.push(
      place(
        [`Stage ${stage + 1}`, `${last.out} ch`, `${size} × ${size}`],
        indices.map((i) => cells[i]!),
      ),
    );
  }
  const headCell = fixedCell(
    `head: 1×1 convolution to ${head.channels} channels, pooling, ${classes} classes`,
    'head',
    21,
    tallest,
    1,
  );
  groups.push(place(['Head', `${head.channels} ch`, `${classes} classes`], [headCell]));
  return groups;
}

function fill(groups: readonly Group[], widest: number): Row[] {
  const rows: Row[] = [];
  for (const group of groups) {
    const row = rows.at(-1);
    if (row && row.width + groupGap + group.width <= widest) {
      row.groups.push({ ...group, x: row.width + groupGap });
      row.width += groupGap + group.width;
    } else rows.push({ groups: [{ ...group, x: 0 }], width: group.width });
  }
  return rows;
}

/**
 * As few rows as fit in `widest` pixels (a single group may be wider), then as equal in width as that count allows.
 * @param blocksMs latency of each choice block in milliseconds, where known
 */
export function layOut(
  plan: SupernetPlan,
  path: Path,
  architecture: Architecture,
  blocksMs: readonly number[] | undefined,
  widest: number,
): Row[] {
  const groups = groupsOf(plan, path, architecture, blocksMs);
  let rows = fill(groups, widest);
  if (rows.length === 1) return rows;
  for (let limit = widest - 10; limit > 0; limit -= 10) {
    const narrower = fill(groups, limit);
    if (narrower.length > rows.length) break;
    rows = narrower;
  }
  return rows;
}

/** Widens the groups of a row until it is `width` wide, unless it is so short that its blocks would stand lost. */
export function justify(row: Row, width: number): Row {
  if (row.width < 0.6 * width) return row;
  const extra = (width - row.width) / row.groups.length;
  const groups = row.groups.map((group, i) => ({
    ...group,
    x: group.x + i * extra,
    width: group.width + extra,
    cells: group.cells.map((cell) => ({ ...cell, x: cell.x + extra / 2 })),
  }));
  return { groups, width };
}
