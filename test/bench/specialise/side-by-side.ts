/** @file Drawn networks in one picture, one below the other, as each is drawn alone. */
import { contentTop, frame, margin } from '../../../shared/picture/frame.ts';
import { el, Markup } from '../../../shared/picture/markup.ts';

const gap = 16;

/** @param drawings whole SVG documents of this project's own */
export function sideBySide(title: string, subtitle: string, drawings: readonly string[]): string {
  const sized = drawings.map((svg) => {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!;
    return { svg, width: Number(width), height: Number(height) };
  });
  const width = Math.max(...sized.map((one) => one.width)) + 2 * margin;
  let y = contentTop;
  const placed = sized.map(({ svg, height }) => {
    const at = el('g', { transform: `translate(${margin} ${y})` }, new Markup(svg));
    y += height + gap;
    return at;
  });
  return frame({ width, height: y - gap + margin, title, subtitle, description: subtitle }, placed);
}
