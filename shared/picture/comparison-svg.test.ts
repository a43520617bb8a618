/** @file The comparison's picture: every network drawn on every device that it can be placed on, and listed everywhere. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Comparison } from '../contract/comparison.ts';
import { comparisonSvg } from './comparison-svg.ts';
import { expectPicture, hostileNames, speakable, withClass } from './expect-picture.ts';

const hardware = ['cpu', 'phone'];

const anyNetwork = fc.record({
  name: fc.string({ minLength: 1 }),
  architectureId: fc.constant('0123456789abcdef'),
  baseline: fc.boolean(),
  accuracy: fc.option(fc.record({ top1: fc.double({ min: 0, max: 1, noNaN: true }), of: fc.string() })),
  resolution: fc.integer({ min: 1, max: 1000 }),
  macs: fc.integer({ min: 1, max: 1e10 }),
  parameters: fc.integer({ min: 1, max: 1e9 }),
  peakActivationBytes: fc.integer({ min: 1, max: 1e9 }),
  latency: fc.tuple(
    ...hardware.map((id) =>
      fc
        .tuple(
          fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.boolean(),
        )
        .map(([latencyMs, reach, onFrontier]) => {
          const interval = { lowMs: latencyMs * (1 - reach), highMs: latencyMs * (1 + reach) };
          return { hardware: id, latencyMs, ...interval, flags: [], onFrontier };
        }),
    ),
  ),
});

const anyComparison: fc.Arbitrary<Comparison> = fc.record({
  worth: fc.constantFrom('accuracy', 'macs'),
  networks: fc.array(anyNetwork, { minLength: 1, maxLength: 12 }),
  notes: fc.array(fc.string(), { maxLength: 3 }),
});

test('any comparison gives a well-formed picture; circles are given networks, squares baselines', () => {
  fc.assert(
    fc.property(anyComparison, (comparison) => {
      const { networks, worth } = comparison;
      const elements = expectPicture(comparisonSvg(comparison, 't'), 't');
      const placed = networks.filter(({ accuracy }) => worth === 'macs' || accuracy !== null).length;
      expect(withClass(elements, 'interval')).toHaveLength(hardware.length * placed);
      const points = withClass(elements, 'point');
      expect(points).toHaveLength(hardware.length * (placed + networks.length));
      const squares = points.filter(({ name }) => name === 'rect');
      if (networks.every(({ baseline }) => !baseline)) expect(squares).toEqual([]);
      for (const { attributes } of points.filter(({ name }) => name === 'circle')) {
        expect(Number(attributes.cx)).toBeGreaterThan(0);
        expect(Number(attributes.cx)).toBeLessThan(940);
      }
    }),
    { numRuns: 50 },
  );
});

const network = (name: string, latencyMs: number, top1: number): Comparison['networks'][number] => ({
  ...{ name, architectureId: '0', baseline: false, resolution: 224, macs: 3e8, parameters: 3.5e6 },
  accuracy: { top1, of: '400 test images' },
  peakActivationBytes: 6e6,
  latency: [
    { hardware: 'cpu', latencyMs, lowMs: latencyMs * 0.9, highMs: latencyMs * 1.1, flags: [], onFrontier: true },
  ],
});
const compared = (...networks: Comparison['networks']): Comparison => ({ worth: 'accuracy', networks, notes: [] });

test('the slower stands to the right, the better above, and words say what the drawing shows', () => {
  const svg = comparisonSvg(compared(network('small', 10, 0.5), network('large', 20, 0.75)), 'Two');
  const elements = expectPicture(svg, 'Two');
  const [small, large] = withClass(elements, 'point').map(({ attributes }) => attributes);
  expect(Number(small!.cx)).toBeLessThan(Number(large!.cx));
  expect(Number(small!.cy)).toBeGreaterThan(Number(large!.cy));
  expect(elements[0]!.children[1]!.text).toContain(
    '2 large: 20.0 ms on cpu; top-1 75.0 % of 400 test images; 300 M multiply-adds, 3.50 M parameters',
  );
  const texts = elements.filter(({ name }) => name === 'text').map(({ text }) => text);
  expect(texts).toEqual(expect.arrayContaining(['2 large', '20.0 ms (18.0 ms to 22.0 ms)', '75.0 %', '6.00 MB']));
});

test.each(hostileNames)('hostile names stay text: %j', (name) => {
  const comparison = { ...compared({ ...network(name, 1, 0.5) }), notes: [name] };
  expectPicture(comparisonSvg(comparison, name), speakable(name));
});
