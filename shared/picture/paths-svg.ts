/**
 * @file How the search made up its mind: path probabilities over time, one small plot per choice block, the chosen
 * candidate at the bottom, the entropy of the choice below it.
 */

import { FastpathError } from '../errors.ts';
import { type Phase, phaseLines, phaseWords } from './axis.ts';
import { classesByName } from './candidate-colour.ts';
import { groupInOrder, mean } from './downsample.ts';
import { contentTop, frame, label, margin, shorten, textWidth } from './frame.ts';
import { linear, stepLabel } from './live/scale.js';
import { el, type Markup } from './markup.ts';
import { areaHeight, areaTop, drawPlot, entropyHeight, entropyNats, panelWidth } from './paths-plot.ts';

export interface PathsInput {
  title: string;
  blocks: readonly { name: string; candidates: readonly string[] }[];
  /** in ascending order of steps; per choice block the probability of each candidate */
  history: readonly { step: number; probabilities: readonly (readonly number[])[] }[];
  phases?: readonly Phase[];
  /** index of the candidate kept in each block; the most probable where left out */
  chosen?: readonly number[];
}

/** More columns than this cannot be told apart at the width of a plot. */
const mostColumns = 120;
const panelGap = { x: 24, y: 12 };
const panelHeight = areaTop + areaHeight + 6 + entropyHeight + 16;
const yLabels = 36;

interface Column {
  step: number;
  probabilities: number[][];
}

/**
 * Draws path probabilities over steps as an SVG document. Histories of any length are averaged to 120 columns.
 * @throws FastpathError `picture.mismatch` when a record does not have one probability per candidate
 */
export function pathsSvg(input: PathsInput): string {
  const { title, blocks, history, phases = [] } = input;
  requireMatch(input);
  const columns = shortHistory(input);
  const finals = columns.at(-1)?.probabilities;
  const panels = blocks.map((block, i) => describeBlock(block, finals?.[i], input.chosen?.[i]));
  const across = Math.max(1, Math.min(4, blocks.length));
  const down = Math.ceil(blocks.length / across);
  const width = margin * 2 + yLabels + across * panelWidth + (across - 1) * panelGap.x;
  const classes = classesByName(blocks.flatMap((block) => block.candidates));
  const key = legend(classes, phases, width - 2 * margin);
  const top = contentTop + key.height + 10;
  const height = top + down * (panelHeight + panelGap.y) - panelGap.y + margin;

  const firstStep = history[0]?.step ?? 0;
  const lastStep = history.at(-1)?.step ?? 0;
  const x = linear(firstStep, lastStep, 0, panelWidth);
  const meanTop = finals ? mean(finals.map((p) => Math.max(...p))) : 0;
  const subtitle = finals
    ? `${blocks.length} choice blocks · steps ${firstStep} to ${lastStep} · mean highest probability ${percent(meanTop)}`
    : `${blocks.length} choice blocks · no architecture step yet`;
  const description = `${subtitle}. ${panels.map((panel) => panel.words).join('; ')}.`;
  return frame(
    { width, height, title, subtitle, description },
    key.drawing,
    blocks.map((block, i) => {
      const left = margin + yLabels + (i % across) * (panelWidth + panelGap.x);
      const y = top + Math.floor(i / across) * (panelHeight + panelGap.y);
      const atLeft = i % across === 0;
      const series = columns.map((column) => column.probabilities[i]!);
      return el(
        'g',
        { class: 'choice-block', transform: `translate(${left} ${y})` },
        el('title', {}, panels[i]!.words),
        drawHeading(block.name, panels[i]!, classes),
        atLeft ? yAxis() : [],
        columns.length === 0
          ? []
          : drawPlot(
              block.candidates,
              panels[i]!.chosen,
              series,
              columns.map(({ step }) => step),
              x,
              classes,
            ),
        phaseLines(
          phases.filter(({ step }) => step > firstStep && step < lastStep),
          x,
          areaTop,
          areaTop + areaHeight,
        ),
        i + across < blocks.length || columns.length === 0 ? [] : xAxis(firstStep, lastStep),
      );
    }),
  );
}

function requireMatch({ blocks, history, chosen }: PathsInput): void {
  const isProbability = (p: number) => Number.isFinite(p) && p >= 0;
  for (const { step, probabilities } of history) {
    const fits = blocks.every(
      ({ candidates }, i) => probabilities[i]?.length === candidates.length && probabilities[i].every(isProbability),
    );
    if (!fits || probabilities.length !== blocks.length)
      throw new FastpathError(
        'picture.mismatch',
        `the path probabilities of step ${step} do not fit the choice blocks`,
      );
  }
  if (chosen && !blocks.every(({ candidates }, i) => candidates[chosen[i] ?? -1] !== undefined))
    throw new FastpathError('picture.mismatch', 'the chosen path does not fit the choice blocks');
}

function shortHistory({ blocks, history }: PathsInput): Column[] {
  return groupInOrder(history, mostColumns).map((group, column) => ({
    // The first column is drawn at the very start, so that nothing is left white there.
    step: column === 0 ? group[0]!.step : mean(group.map(({ step }) => step)),
    probabilities: blocks.map(({ candidates }, block) =>
      candidates.map((_, i) => mean(group.map((record) => record.probabilities[block]![i]!))),
    ),
  }));
}

const percent = (share: number): string => (share > 0.99 && share < 1 ? '>99 %' : `${Math.round(share * 100)} %`);

interface Panel {
  chosen: number;
  name: string;
  /** null without any history */
  probability: number | null;
  entropy: string;
  /** pruning under a budget may keep another candidate than the most probable one */
  differs: boolean;
  words: string;
}

function describeBlock(
  block: PathsInput['blocks'][number],
  final: readonly number[] | undefined,
  chosenIndex: number | undefined,
): Panel {
  const argmax = final ? final.indexOf(Math.max(...final)) : 0;
  const chosen = chosenIndex ?? argmax;
  const name = block.candidates[chosen]!;
  const differs = final !== undefined && chosen !== argmax;
  if (!final) return { chosen, name, probability: null, entropy: '', differs, words: `${block.name}: undecided` };
  const probability = final[chosen]!;
  const entropy = `entropy ${entropyNats(final).toFixed(2)} of ${Math.log(final.length).toFixed(2)} nats`;
  const why = differs ? `, not the most probable (${block.candidates[argmax]!} at ${percent(final[argmax]!)})` : '';
  return {
    chosen,
    name,
    probability,
    entropy,
    differs,
    words: `${block.name}: ${name} at ${percent(probability)}${why}, ${entropy}`,
  };
}

function drawHeading(blockName: string, panel: Panel, classes: ReadonlyMap<string, string>): (Markup | Markup[])[] {
  const verdict =
    panel.probability === null ? '' : `${shorten(panel.name, 12, panelWidth * 0.45)} ${percent(panel.probability)}`;
  const verdictWidth = textWidth(verdict, 12);
  return [
    label(0, 12, shorten(blockName, 12, panelWidth - verdictWidth - 10), { size: 12, bold: true }),
    verdict === '' ? [] : label(panelWidth, 12, verdict, { size: 12, anchor: 'end' }),
    label(0, 28, panel.entropy, { size: 10.5, soft: true }),
    panel.differs ? label(panelWidth, 28, 'not most probable', { size: 10.5, accent: true, anchor: 'end' }) : [],
    verdict === ''
      ? []
      : el('rect', { class: classes.get(panel.name)!, x: 0, y: areaTop - 6, width: panelWidth, height: 3, rx: 1.5 }),
  ];
}

function yAxis(): Markup[] {
  return [
    label(-6, areaTop + 8, '100 %', { size: 10, soft: true, anchor: 'end' }),
    label(-6, areaTop + areaHeight, '0', { size: 10, soft: true, anchor: 'end' }),
    label(-6, areaTop + areaHeight + 6 + entropyHeight / 2 + 3, 'H', { size: 10, soft: true, anchor: 'end' }),
  ];
}

function xAxis(first: number, last: number): Markup[] {
  const y = panelHeight;
  return [
    label(0, y, stepLabel(first), { size: 10, soft: true }),
    label(panelWidth / 2, y, 'step', { size: 10, soft: true, anchor: 'middle' }),
    label(panelWidth, y, stepLabel(last), { size: 10, soft: true, anchor: 'end' }),
  ];
}

function legend(
  classes: ReadonlyMap<string, string>,
  phases: readonly Phase[],
  room: number,
): { drawing: Markup; height: number } {
  const items: Markup[] = [];
  let x = 0;
  let line = 0;
  const add = (text: string, swatch: (left: number, top: number) => Markup) => {
    const shown = shorten(text, 12, room - 30);
    const width = 22 + textWidth(shown, 12) + 16;
    if (x > 0 && x + width > room) {
      x = 0;
      line++;
    }
    items.push(
      swatch(margin + x, contentTop + line * 20),
      label(margin + x + 20, contentTop + 11 + line * 20, shown, { size: 12 }),
    );
    x += width;
  };
  for (const [name, colour] of classes)
    add(name, (left, top) => el('rect', { class: colour, x: left, y: top, width: 14, height: 14, rx: 3 }));
  add('kept candidate, below this line', (left, top) =>
    el('line', { class: 'strong-line', x1: left, x2: left + 14, y1: top + 7, y2: top + 7, 'stroke-width': 2 }),
  );
  add('H: entropy, full height is undecided', (left, top) =>
    el('rect', { class: 'soft', x: left, y: top + 4, width: 14, height: 10 }),
  );
  if (phases.length > 0)
    add(phaseWords(phases), (left, top) =>
      el('line', {
        class: 'strong-line',
        x1: left + 7,
        x2: left + 7,
        y1: top,
        y2: top + 14,
        'stroke-dasharray': '2 3',
      }),
    );
  return { drawing: el('g', { class: 'legend' }, items), height: (line + 1) * 20 };
}
