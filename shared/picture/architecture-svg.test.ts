/** @file The drawing of an architecture: as many blocks as there are, sized and marked as they should be. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyPlanAndPath } from '../space/arbitrary.ts';
import { findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import { architectureSvg } from './architecture-svg.ts';
import { expectPicture, hostileNames, speakable, withClass } from './expect-picture.ts';
import { everyElement } from './strict-xml.ts';

test('any path of any plan gives one drawn block per choice block, skipped ones dashed', () => {
  fc.assert(
    fc.property(anyPlanAndPath, fc.boolean(), fc.string(), ({ plan, path }, withLatency, title) => {
      const architecture = pathToArchitecture(plan, path);
      const isZero = plan.blocks.map((block, i) => block.candidates[path[i]!]!.op === 'zero');
      const blocksMs = isZero.map((zero, i) => (zero ? 0 : 0.01 * (i + 1)));
      const latency = { hardware: 'cpu', blocksMs, fixedMs: 1 };
      const svg = architectureSvg({ plan, path, architecture, title, ...(withLatency ? { latency } : {}) });
      const elements = expectPicture(svg, speakable(title));
      expect(withClass(elements, 'skipped')).toHaveLength(isZero.filter(Boolean).length);
      expect(withClass(elements, 'block')).toHaveLength(isZero.filter((zero) => !zero).length);
      const strides = [plan.stem, plan.first, ...plan.blocks].filter(({ stride }) => stride === 2);
      expect(elements.filter(({ text }) => text === 'stride 2')).toHaveLength(strides.length);
      for (const skipped of withClass(elements, 'skipped'))
        expect(skipped.children.some(({ attributes }) => attributes['stroke-dasharray'] !== undefined)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

const plan = planSupernet(findSpace('mobile-inverted-residual'), { resolution: 224, classes: 1000 });
const path = plan.blocks.map((block, i) => i % block.candidates.length);
const architecture = pathToArchitecture(plan, path);

test('width is proportional to the kernel, height to the expansion, and equal kernels share a hue', () => {
  const blocks = withClass(expectPicture(architectureSvg({ plan, path, architecture, title: 't' }), 't'), 'block');
  const kept = architecture.blocks.slice(1);
  expect(blocks).toHaveLength(kept.length);
  for (const [i, block] of blocks.entries()) {
    const box = block.children.find(({ name }) => name === 'rect')!.attributes;
    expect(Number(box.width)).toBe(7 * kept[i]!.kernel);
    expect(Number(box.height)).toBe(18 * kept[i]!.expansion);
    expect(box.class).toBe(`k${kept[i]!.kernel}-${kept[i]!.expansion === 3 ? 0 : 1}`);
  }
});

test('latencies are drawn to scale and summed', () => {
  const blocksMs = plan.blocks.map((block, i) => (block.candidates[path[i]!]!.op === 'zero' ? 0 : i + 1));
  const latency = { hardware: 'phone', blocksMs, fixedMs: 2 };
  const svg = architectureSvg({ plan, path, architecture, title: 't', latency });
  const blocks = withClass(expectPicture(svg, 't'), 'block');
  const heights = blocks.map((block) =>
    Number(block.children.filter(({ name }) => name === 'rect')[1]!.attributes.height),
  );
  const shown = blocksMs.filter((ms) => ms > 0);
  const perMs = heights.at(-1)! / shown.at(-1)!;
  for (const [i, height] of heights.entries()) expect(height).toBeCloseTo(perMs * shown[i]!, 1);
  expect(svg).toContain('predicted 212 ms on phone');
});

test('no two captions of neighbours overlap, assuming a wide font', () => {
  const all = plan.blocks.map((block) => block.candidates.findIndex((c) => c.op === 'mbconv' && c.kernel === 3));
  const svg = architectureSvg({ plan, path: all, architecture: pathToArchitecture(plan, all), title: 't' });
  const captions = expectPicture(svg, 't').filter(({ name, text }) => name === 'text' && /^k3 e3$/.test(text));
  expect(captions).toHaveLength(21);
  const groups = expectPicture(svg, 't').filter(({ attributes }) => attributes.transform?.endsWith(' 0)'));
  for (const group of groups) {
    const xs = everyElement(group)
      .filter(({ text }) => text === 'k3 e3')
      .map(({ attributes }) => Number(attributes.x));
    for (let i = 1; i < xs.length; i++) expect(xs[i]! - xs[i - 1]!).toBeGreaterThanOrEqual(33);
  }
});

test.each(hostileNames)('hostile names stay text: %j', (name) => {
  const latency = { hardware: name, blocksMs: path.map(() => 1), fixedMs: 1 };
  const elements = expectPicture(architectureSvg({ plan, path, architecture, title: name, latency }), speakable(name));
  expect(elements[0]!.children[1]!.text).toContain(speakable(name));
});

test('parts that do not belong together are refused', () => {
  const other = pathToArchitecture(
    plan,
    plan.blocks.map(() => 0),
  );
  expect(() => architectureSvg({ plan, path, architecture: other, title: 't' })).toThrow('belong to another plan');
  expect(() => architectureSvg({ plan, path: path.slice(1), architecture, title: 't' })).toThrow(
    'belong to another plan',
  );
  const latency = { hardware: 'h', blocksMs: [1], fixedMs: 1 };
  expect(() => architectureSvg({ plan, path, architecture, title: 't', latency })).toThrow('belong to another plan');
  const broken = { hardware: 'h', blocksMs: path.map(() => Number.NaN), fixedMs: 1 };
  expect(() => architectureSvg({ plan, path, architecture, title: 't', latency: broken })).toThrow('cannot show');
});
