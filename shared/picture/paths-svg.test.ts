/** @file Path probabilities over time: one plot a block, one layer a candidate, short whatever the history's length. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectPicture, hostileNames, speakable, withClass } from './expect-picture.ts';
import { pathsSvg } from './paths-svg.ts';
import { everyElement } from './strict-xml.ts';

const normalised = (weights: readonly number[]) => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
};

const anyInput = fc
  .array(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 7 }), {
    minLength: 1,
    maxLength: 22,
  })
  .chain((candidateLists) => {
    const probabilities = fc.tuple(
      ...candidateLists.map((candidates) =>
        fc
          .array(fc.double({ min: 1e-6, max: 1, noNaN: true }), {
            minLength: candidates.length,
            maxLength: candidates.length,
          })
          .map(normalised),
      ),
    );
    return fc.record({
      title: fc.string(),
      blocks: fc.constant(candidateLists.map((candidates, i) => ({ name: `block ${i}`, candidates }))),
      history: fc
        .array(probabilities, { maxLength: 12 })
        .map((list) => list.map((each, i) => ({ step: i * 5, probabilities: each }))),
      phases: fc.array(fc.record({ name: fc.string(), step: fc.nat(60) }), { maxLength: 3 }),
    });
  });

test('any history gives a well-formed picture with a plot a block and a layer a candidate', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const elements = expectPicture(pathsSvg(input), speakable(input.title));
      const plots = withClass(elements, 'choice-block');
      expect(plots).toHaveLength(input.blocks.length);
      for (const [i, plot] of plots.entries()) {
        const layers = withClass(everyElement(plot), 'candidate');
        expect(layers).toHaveLength(input.history.length === 0 ? 0 : input.blocks[i]!.candidates.length);
      }
    }),
    { numRuns: 20 },
  );
});

const names = ['mbconv-k3-e3', 'mbconv-k5-e6', 'zero'];
const threeBlocks = Array.from({ length: 3 }, (_, i) => ({ name: `stage 1 block ${i + 1}`, candidates: names }));
const historyOf = (length: number) =>
  Array.from({ length }, (_, i) => {
    const t = length === 1 ? 1 : i / (length - 1);
    return { step: 10 * i, probabilities: threeBlocks.map(() => normalised([1, 1 + 3 * t, 1 - 0.5 * t])) };
  });

test('thousands of records become 120 columns that end exactly at the last record', () => {
  const elements = expectPicture(pathsSvg({ title: 't', blocks: threeBlocks, history: historyOf(5000) }), 't');
  for (const layer of withClass(elements, 'candidate')) {
    const points = layer.attributes
      .d!.slice(1)
      .split('V')[0]!
      .split('L')
      .map((point) => point.split(' ').map(Number));
    expect(points).toHaveLength(120);
    expect(points[0]![0]).toBe(0);
    expect(points.at(-1)![0]).toBe(264);
    for (let i = 1; i < points.length; i++) expect(points[i]![0]!).toBeGreaterThan(points[i - 1]![0]!);
  }
  // p of the most probable at the end: 4 of 5.5; the area starts at 38 and is 96 high.
  const chosen = withClass(elements, 'candidate').filter(({ children }) => children[0]!.text === 'mbconv-k5-e6')[0]!;
  const last = chosen.attributes.d!.split('V')[0]!.split(' ').at(-1);
  expect(Number(last)).toBeCloseTo(38 + 96 * (1 - 4 / 5.5), 1);
});

test('the layers add up to one at every column', () => {
  const [plot] = withClass(
    expectPicture(pathsSvg({ title: 't', blocks: threeBlocks, history: historyOf(500) }), 't'),
    'choice-block',
  );
  const top = withClass(everyElement(plot!), 'candidate')[0]!;
  for (const y of top.attributes.d!.split('V')[0]!.matchAll(/ ([\d.]+)/g)) expect(Number(y[1])).toBeCloseTo(38, 1);
});

test('words give the kept candidate, its probability and its entropy, worked out by hand', () => {
  const blocks = [{ name: 'b', candidates: ['x', 'y'] }];
  const history = [{ step: 1, probabilities: [[0.25, 0.75]] }];
  // -(0.25 ln 0.25 + 0.75 ln 0.75) = 0.5623
  expect(pathsSvg({ title: 't', blocks, history })).toContain('b: y at 75 %, entropy 0.56 of 0.69 nats');
  const kept = pathsSvg({ title: 't', blocks, history, chosen: [0] });
  expect(kept).toContain('b: x at 25 %, not the most probable (y at 75 %), entropy 0.56 of 0.69 nats');
  expect(kept).toContain('>not most probable<');
});

test('a certain choice has entropy 0 and phases inside the history are marked in every plot', () => {
  const blocks = [{ name: 'b', candidates: ['x', 'y'] }];
  const history = [0, 50, 100].map((step) => ({ step, probabilities: [[1, 0]] }));
  const phases = [
    { name: 'search', step: 40 },
    { name: 'long before', step: -5 },
  ];
  const elements = expectPicture(pathsSvg({ title: 't', blocks, history, phases }), 't');
  expect(elements[0]!.children[1]!.text).toContain('b: x at 100 %, entropy 0.00 of 0.69 nats');
  const lines = withClass(elements, 'choice-block')
    .flatMap(everyElement)
    .filter(({ name }) => name === 'line');
  expect(lines.map(({ attributes }) => Number(attributes.x1))).toEqual([105.6]);
});

test.each(hostileNames)('hostile names stay text: %j', (name) => {
  const blocks = [{ name, candidates: [name, 'zero'] }];
  const history = [{ step: 1, probabilities: [[0.5, 0.5]] }];
  expectPicture(pathsSvg({ title: name, blocks, history, phases: [{ name, step: 1 }] }), speakable(name));
});

test('records that do not fit the blocks are refused', () => {
  const blocks = [{ name: 'b', candidates: ['x', 'y'] }];
  const withRecord = (probabilities: number[][]) => () =>
    pathsSvg({ title: 't', blocks, history: [{ step: 7, probabilities }] });
  expect(withRecord([[1]])).toThrow('step 7 do not fit');
  expect(withRecord([[0.5, 0.5], [1]])).toThrow('step 7 do not fit');
  expect(withRecord([[Number.NaN, 1]])).toThrow('step 7 do not fit');
  expect(() => pathsSvg({ title: 't', blocks, history: [], chosen: [2] })).toThrow('chosen path');
});
