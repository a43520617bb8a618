/** @file Training curves: any series drawn, long ones shortened, what is not finite left out. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { curvesSvg } from './curves-svg.ts';
import { expectPicture, hostileNames, speakable, withClass } from './expect-picture.ts';
import { everyElement } from './strict-xml.ts';

const anySeries = fc.record({
  name: fc.string(),
  points: fc
    .array(fc.double({ min: -1e6, max: 1e6 }), { maxLength: 30 })
    .map((values) => values.map((value, step) => ({ step, value }))),
});
const anyPanel = fc.record({ title: fc.string(), series: fc.array(anySeries, { maxLength: 4 }) });

test('any series, NaN included, give a well-formed picture with a plot a panel and a line a series', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(anyPanel, { maxLength: 5 }), (title, panels) => {
      const elements = expectPicture(curvesSvg({ title, panels }), speakable(title));
      const plots = withClass(elements, 'curves');
      expect(plots).toHaveLength(panels.length);
      for (const [i, plot] of plots.entries()) {
        const drawn = everyElement(plot).filter(
          ({ name, attributes }) => (name === 'path' || name === 'circle') && attributes.class,
        );
        const drawable = panels[i]!.series.filter(({ points }) => points.some(({ value }) => Number.isFinite(value)));
        expect(drawn).toHaveLength(drawable.length);
      }
    }),
    { numRuns: 30 },
  );
});

test('a long series is averaged, and its last value is drawn and written exactly', () => {
  const points = Array.from({ length: 10_000 }, (_, step) => ({ step, value: step === 9999 ? 7 : step % 2 }));
  const elements = expectPicture(
    curvesSvg({ title: 't', panels: [{ title: 'loss', series: [{ name: 'training', points }] }] }),
    't',
  );
  const curve = elements.find(({ name, attributes }) => name === 'path' && attributes.class === 'series-0')!;
  const ys = curve.attributes
    .d!.slice(1)
    .split('L')
    .map((place) => Number(place.split(' ')[1]));
  expect(ys).toHaveLength(240);
  // ticks 0, 2, 4, 6, 8 over 150 pixels from 44: alternating 0 and 1 averages to a half
  for (const y of ys.slice(0, -1)) expect(y).toBeCloseTo(194 - (0.5 / 8) * 150, -1);
  expect(ys.at(-1)).toBeCloseTo(194 - (7 / 8) * 150, 1);
  expect(elements.some(({ text }) => text === 'training 7')).toBe(true);
});

test('the budget is inside the plot even when the curve never reaches it', () => {
  const series = [
    {
      name: 'expected',
      points: [
        { step: 0, value: 100 },
        { step: 9, value: 90 },
      ],
    },
  ];
  const panels = [{ title: 'latency, ms', series, reference: { name: 'budget', value: 20 } }];
  const [line] = withClass(expectPicture(curvesSvg({ title: 't', panels }), 't'), 'reference');
  expect(Number(line!.attributes.y1)).toBeGreaterThan(44);
  expect(Number(line!.attributes.y1)).toBeLessThanOrEqual(194);
});

test.each(hostileNames)('hostile names stay text: %j', (name) => {
  const series = [
    {
      name,
      points: [
        { step: 0, value: 1 },
        { step: 5, value: 2 },
      ],
    },
  ];
  const panels = [{ title: name, series, reference: { name, value: 1 } }];
  expectPicture(curvesSvg({ title: name, panels, phases: [{ name, step: 2 }] }), speakable(name));
});
