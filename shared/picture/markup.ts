/**
 * @file SVG as text, safe by construction: strings given as children are escaped, only `Markup` passes as it is, and
 * a number that is not finite never reaches an attribute.
 */
import { FastpathError } from '../errors.ts';

/** Finished SVG source. */
export class Markup {
  constructor(readonly source: string) {}
}

export type Child = string | Markup | readonly Child[];
type Attributes = Readonly<Record<string, string | number | undefined>>;

// XML 1.0 has no form at all for these, not even an escaped one.
const unspeakable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeText = (text: string): string =>
  text.replace(unspeakable, '\uFFFD').replace(/[&<>"']/g, (c) => entities[c]!);

function attribute(name: string, value: string | number): string {
  if (typeof value === 'string') return escapeText(value);
  if (!Number.isFinite(value))
    throw new FastpathError('picture.not-finite', `a picture cannot show ${name} = ${value}`);
  return String(Math.round(value * 100) / 100);
}

/**
 * One element; attributes that are undefined are left out, numbers are rounded to hundredths.
 * @throws FastpathError `picture.not-finite`
 */
export function el(name: string, attributes: Attributes = {}, ...children: Child[]): Markup {
  const list = Object.entries(attributes)
    .filter((pair): pair is [string, string | number] => pair[1] !== undefined)
    .map(([key, value]) => ` ${key}="${attribute(key, value)}"`)
    .join('');
  const content = children.map(render).join('');
  return new Markup(content === '' ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`);
}

function render(child: Child): string {
  if (typeof child === 'string') return escapeText(child);
  return child instanceof Markup ? child.source : child.map(render).join('');
}
