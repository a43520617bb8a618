/** @file Which classes a network takes for which: a matrix of shares, true classes down, predicted ones across. */
import type { ClassResults } from '../contract/class-results.ts';
import { contentTop, frame, label, margin, shorten, textWidth } from './frame.ts';
import { el, type Markup } from './markup.ts';

/** With more the cells would be too small to be seen. */
export const mostClassesDrawn = 100;

const size = 480;
const nameSize = 10;
const mostName = 130;
/** Cells narrower than this have no number in them, and lines lower than this no name beside them. */
const numberedCell = 30;
const namedLine = 11;

/** A cell's darkness is the share of its row's images; the diagonal, where the network is right, is outlined. */
export function confusionSvg({ classes, split }: ClassResults): string {
  const cell = size / classes.length;
  const named = cell >= namedLine;
  const names = classes.map(({ name }) => shorten(name, nameSize, mostName));
  const namesWidth = named ? Math.max(...names.map((name) => textWidth(name, nameSize))) + 10 : 0;
  const left = margin + namesWidth;
  const top = contentTop + (named ? namesWidth : 0);
  const images = classes.reduce((sum, each) => sum + each.images, 0);
  const right = classes.reduce((sum, each) => sum + (each.top1 ?? 0) * each.images, 0);
  const subtitle = `${percentOf(right, images)} of ${images} ${split} images right; rows: true class, columns: taken for`;
  return frame(
    {
      width: Math.max(left + size + margin, 620),
      height: top + size + margin,
      title: 'Which classes are taken for which',
      subtitle,
      description: `${subtitle}. ${worstInWords(classes)}`,
    },
    el('rect', { class: 'panel', x: left, y: top, width: size, height: size }),
    classes.flatMap((row, i) =>
      row.predicted.flatMap(({ class: j, images: count }): Markup[] => {
        const share = count / row.images;
        const [x, y] = [left + j * cell, top + i * cell];
        const words = `${row.name} taken for ${classes[j]!.name}: ${count} of ${row.images}`;
        const square = el(
          'rect',
          {
            class: i === j ? 'k5-1' : 'k3-2',
            'fill-opacity': Number((0.08 + 0.92 * share).toFixed(3)),
            x: Number(x.toFixed(2)),
            y: Number(y.toFixed(2)),
            width: Number(cell.toFixed(2)),
            height: Number(cell.toFixed(2)),
          },
          el('title', {}, words),
        );
        if (cell < numberedCell) return [square];
        const number = label(x + cell / 2, y + cell / 2 + 4, String(count), {
          size: nameSize,
          anchor: 'middle',
          halo: true,
        });
        return [square, number];
      }),
    ),
    named
      ? names.flatMap((name, i) => [
          label(left - 6, top + (i + 0.5) * cell + 3.5, name, { size: nameSize, anchor: 'end' }),
          el(
            'g',
            { transform: `translate(${(left + (i + 0.5) * cell + 3.5).toFixed(2)} ${top - 6}) rotate(-90)` },
            label(0, 0, name, { size: nameSize }),
          ),
        ])
      : [],
  );
}

function worstInWords(classes: ClassResults['classes']): string {
  const scored = classes.filter(({ top1 }) => top1 !== null);
  const worst = scored.toSorted((a, b) => a.top1! - b.top1!).slice(0, 3);
  return worst.length === 0
    ? 'No image was classified.'
    : `Lowest: ${worst.map(({ name, top1, images }) => `${name} ${percentOf(top1! * images, images)}`).join(', ')}.`;
}

function percentOf(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
}
