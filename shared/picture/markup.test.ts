/** @file Text can never become markup, and the reader that the other tests rely on refuses what is not well-formed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classesByName } from './candidate-colour.ts';
import { groupInOrder } from './downsample.ts';
import { speakable } from './expect-picture.ts';
import { shorten, textWidth } from './frame.ts';
import { niceTicks, readable, tickLabel } from './live/scale.js';
import { el } from './markup.ts';
import { parseStrictXml } from './strict-xml.ts';
import { styleSheet } from './style.ts';

/** Control characters and lone surrogates included. */
const anyCodePoints = fc.string({
  unit: fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
});

test('any text comes back from an element and an attribute unchanged, where XML can hold it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), anyCodePoints), (text) => {
      const possible = speakable(text);
      const element = parseStrictXml(el('a', { b: text }, text, el('c')).source);
      expect([element.text, element.attributes.b, element.children[0]!.name]).toEqual([possible, possible, 'c']);
    }),
    { numRuns: 200 },
  );
});

test('a number that is not finite is refused by name', () => {
  expect(() => el('rect', { width: Number.NaN })).toThrow('width = NaN');
  expect(el('rect', { width: 1 / 3, height: undefined }).source).toBe('<rect width="0.33"/>');
});

test.each([
  '<a>',
  '<a></b>',
  '<a/><b/>',
  '<a b="1" b="2"/>',
  '<a b=1/>',
  '<a>&</a>',
  '<a>&x;</a>',
  '<a b="<"/>',
  'x<a/>',
  '<a>\u0000</a>',
])('the strict reader refuses %j', (source) => {
  expect(() => parseStrictXml(source)).toThrow();
});

test('ticks are round, rise evenly and enclose the values', () => {
  expect(niceTicks([0.13, 0.87])).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(niceTicks([40, 121], 6)).toEqual([40, 60, 80, 100, 120, 140]);
  expect([2.5, 5].map((tick) => tickLabel(tick, [0, 2.5, 5]))).toEqual(['2.5', '5.0']);
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 }), (values) => {
      const ticks = niceTicks(values);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(12);
      const room = 1e-6 * (ticks.at(-1)! - ticks[0]!);
      expect(ticks[0]!).toBeLessThanOrEqual(Math.min(...values) + room);
      expect(ticks.at(-1)!).toBeGreaterThanOrEqual(Math.max(...values) - room);
    }),
  );
});

test('grouping keeps every item, in order, in at most so many groups, the last alone', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 400 }), fc.integer({ min: 2, max: 130 }), (items, most) => {
      const groups = groupInOrder(items, most);
      expect(groups.flat()).toEqual(items);
      expect(groups.length).toBe(Math.min(items.length, most));
      expect(groups.every((group) => group.length > 0)).toBe(true);
      if (items.length > 0) expect(groups.at(-1)).toEqual([items.at(-1)]);
    }),
  );
});

test('candidates keep their hue whatever the form of their name, and differ from one another', () => {
  const dashed = classesByName(['mbconv-k3-e3', 'mbconv-k3-e6', 'mbconv-k5-e3', 'mbconv-k7-e6', 'zero']);
  const spaced = classesByName(['mbconv k3 e3', 'mbconv k3 e6', 'mbconv k5 e3', 'mbconv k7 e6', 'zero']);
  expect([...dashed.values()]).toEqual(['k3-0', 'k3-1', 'k5-0', 'k7-1', 'skipped-share']);
  expect([...spaced.values()]).toEqual([...dashed.values()]);
});

test('text is cut to its room and numbers to three digits', () => {
  expect(shorten('short', 12, 100)).toBe('short');
  const cut = shorten('a rather long name of a block', 12, 80);
  expect(cut.endsWith('…')).toBe(true);
  expect(textWidth(cut, 12)).toBeLessThanOrEqual(80);
  expect([0.01234, 1.2345, 12.345, 123.45, 0].map(readable)).toEqual(['0.012', '1.23', '12.3', '123', '0']);
});

test('every rule of the style sheet is held inside our own pictures', () => {
  const selectors = [...styleSheet.replace('@media (prefers-color-scheme:dark){', '').matchAll(/([^{}]+)\{[^}]*\}/g)];
  expect(selectors.length).toBeGreaterThan(20);
  for (const [, selector] of selectors) expect(selector).toMatch(/^\.fastpath [\w.-]+$/);
});
