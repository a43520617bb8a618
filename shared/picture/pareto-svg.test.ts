/** @file The Pareto picture: every point drawn, the frontier rising, the chosen one inside its budget line. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectPicture, hostileNames, speakable, withClass } from './expect-picture.ts';
import { type ParetoInput, paretoSvg } from './pareto-svg.ts';

const anyPoint = fc.record({
  latencyMs: fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
  meanLogProbability: fc.double({ min: -20, max: 0, noNaN: true }),
  accuracy: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
});

test('any set of points gives a well-formed picture with a circle a point', () => {
  fc.assert(
    fc.property(
      fc.array(anyPoint, { maxLength: 20 }),
      fc.option(fc.double({ min: 0.01, max: 1e4, noNaN: true })),
      (points, budgetMs) => {
        const chosen = points.length > 0 ? points.length - 1 : null;
        const elements = expectPicture(paretoSvg({ title: 't', hardware: 'cpu', points, chosen, budgetMs }), 't');
        expect(withClass(elements, 'point')).toHaveLength(points.length);
        expect(withClass(elements, 'chosen')).toHaveLength(chosen === null ? 0 : 1);
        expect(withClass(elements, 'budget')).toHaveLength(budgetMs === null ? 0 : 1);
        for (const { attributes } of withClass(elements, 'point')) {
          expect(Number(attributes.cx)).toBeGreaterThan(0);
          expect(Number(attributes.cx)).toBeLessThan(760);
          expect(Number(attributes.cy)).toBeGreaterThan(84);
          expect(Number(attributes.cy)).toBeLessThan(440);
        }
      },
    ),
  );
});

const point = (latencyMs: number, meanLogProbability: number, accuracy: number | null = null) => ({
  latencyMs,
  meanLogProbability,
  accuracy,
});
const input = (points: ParetoInput['points'], more: Partial<ParetoInput> = {}): ParetoInput => ({
  title: 't',
  hardware: 'cpu',
  points,
  chosen: null,
  budgetMs: null,
  ...more,
});

test('a dominated point is set apart, and slower stands to the right, better above', () => {
  const elements = expectPicture(paretoSvg(input([point(10, -2), point(20, -1), point(15, -3)])), 't');
  const [a, b, c] = withClass(elements, 'point').map(({ attributes }) => attributes);
  expect(a!.class).toBe('point k3-1');
  expect(b!.class).toBe('point k3-1');
  expect(c!.class).toBe('point fixed');
  expect(Number(a!.cx)).toBeLessThan(Number(c!.cx));
  expect(Number(c!.cx)).toBeLessThan(Number(b!.cx));
  expect(Number(b!.cy)).toBeLessThan(Number(a!.cy));
});

test('accuracy is drawn only when every point has one', () => {
  expect(paretoSvg(input([point(1, -1, 0.5), point(2, -1, 0.75)]))).toContain('accuracy 75.0 %');
  const mixed = paretoSvg(input([point(1, -1, 0.5), point(2, -0.5)]));
  expect(mixed).toContain('mean ln p -0.500');
  expect(mixed).not.toContain('accuracy');
});

test('a chosen point within the budget stands left of the budget line', () => {
  const elements = expectPicture(paretoSvg(input([point(76, -1), point(90, -0.5)], { chosen: 0, budgetMs: 80 })), 't');
  const ring = withClass(elements, 'chosen')[0]!.attributes;
  const line = withClass(elements, 'budget')[0]!.attributes;
  expect(Number(ring.cx)).toBeLessThan(Number(line.x1));
  expect(elements[0]!.children[1]!.text).toContain('76 ms, mean ln p -1.000, chosen');
});

test('a chosen index without a point is refused', () => {
  expect(() => paretoSvg(input([], { chosen: 0 }))).toThrow('marked as chosen');
});

test.each(hostileNames)('hostile names stay text: %j', (name) => {
  expectPicture(paretoSvg(input([point(1, -1)], { title: name, hardware: name })), speakable(name));
});
