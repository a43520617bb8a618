/** @file What holds for every picture, whatever it shows; used by the tests of each. */
import { expect } from 'vitest';
import { type Element, everyElement, parseStrictXml } from './strict-xml.ts';

const numeric = new Set([
  'x',
  'y',
  'x1',
  'x2',
  'y1',
  'y2',
  'cx',
  'cy',
  'r',
  'rx',
  'width',
  'height',
  'font-size',
  'stroke-width',
]);

const forbiddenElements = new Set(['script', 'image', 'use', 'foreignObject', 'a', 'link']);

function isSound(key: string, value: string): boolean {
  if (/^on|href/i.test(key) || /NaN|Infinity|undefined|null/.test(value)) return false;
  if (numeric.has(key) && !/^-?\d+(\.\d+)?$/.test(value)) return false;
  if (['width', 'height', 'r'].includes(key) && Number(value) < 0) return false;
  return key !== 'd' || /^M[-\d. MLHVZhl]*[zZ]?$/.test(value);
}

/** The text as a picture can hold it: what XML has no form for becomes the replacement character. */
export const speakable = (text: string): string =>
  text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\uFFFD');

/**
 * Parses a picture strictly and expects: a title, a description, no script, nothing fetched from elsewhere, only finite
 * numbers, and no negative sizes. Returns all elements.
 */
export function expectPicture(svg: string, title: string): Element[] {
  const root = parseStrictXml(svg);
  const elements = everyElement(root);
  expect(root.name).toBe('svg');
  expect(root.children[0]).toMatchObject({ name: 'title', text: title });
  expect(root.children[1]!.name).toBe('desc');
  expect(root.children[1]!.text.length).toBeGreaterThan(10);
  const problems = elements.flatMap(({ name, attributes }) => [
    ...(forbiddenElements.has(name) ? [`<${name}>`] : []),
    ...Object.entries(attributes).flatMap(([key, value]) => (isSound(key, value) ? [] : [`${name} ${key}="${value}"`])),
  ]);
  expect(problems).toEqual([]);
  expect(svg).not.toMatch(/@import|url\(/);
  return elements;
}

/** Elements that carry this class. */
export const withClass = (elements: readonly Element[], name: string): Element[] =>
  elements.filter(({ attributes }) => attributes.class?.split(' ').includes(name));

/** Names that a careless picture would break on. */
export const hostileNames = [
  '</text><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '&amp; &#0; & <![CDATA[',
  'bell \u0007 null \u0000 lone \ud800 surrogate',
  'ümlaut 日本語 🦆',
];
