/** @file The frame that every picture shares: accessible title and description, style sheet, surface, heading. */

import { type Child, el, type Markup } from './markup.ts';
import { styleSheet } from './style.ts';

export const margin = 28;
/** Where a picture's own content begins. */
export const contentTop = 84;

/**
 * A whole SVG document. `description` says in words what the drawing shows, for those who do not see it; `subtitle`
 * stands under the heading.
 */
export function frame(
  picture: { width: number; height: number; title: string; subtitle: string; description: string },
  ...body: Child[]
): string {
  const { width, height, title, subtitle, description } = picture;
  const room = width - 2 * margin;
  return el(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      width: Math.ceil(width),
      height: Math.ceil(height),
      role: 'img',
      class: 'fastpath',
    },
    el('title', {}, title),
    el('desc', {}, description),
    el('style', {}, styleSheet),
    el('rect', { class: 'surface', width: Math.ceil(width), height: Math.ceil(height), rx: 10 }),
    label(margin, 40, shorten(title, 20, room), { size: 20, bold: true }),
    label(margin, 62, shorten(subtitle, 13, room), { size: 13, soft: true }),
    body,
  ).source;
}

export interface LabelStyle {
  /** font size in pixels */
  size: number;
  bold?: boolean;
  soft?: boolean;
  accent?: boolean;
  anchor?: 'middle' | 'end';
  /** set over a drawing: an outline in the surface's colour keeps it readable */
  halo?: boolean;
}

/** One line of text whose baseline starts (or with `anchor`, is centred or ends) at (x, y). */
export function label(x: number, y: number, text: string, style: LabelStyle): Markup {
  return el(
    'text',
    {
      class: `${style.accent ? 'accent' : style.soft ? 'soft' : 'text'}${style.halo ? ' halo' : ''}`,
      x,
      y,
      'font-size': style.size,
      'font-weight': style.bold ? 600 : undefined,
      'text-anchor': style.anchor,
    },
    text,
  );
}

/** Width in pixels that a line of text is sure to fit in: fonts differ between readers, so a wide one is assumed. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const char of text)
    ems += /[ilI.,:;'|! ·]/.test(char) ? 0.36 : /[mwMW%@]/.test(char) ? 0.95 : char > '⺀' ? 1 : 0.64;
  return ems * size;
}

/** The text, cut with an ellipsis where it would be wider than `width` pixels. */
export function shorten(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > width) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}
