/** @file That the pictures are sound, say in words what they show, and mark what they are about. */
import { expect, it } from 'vitest';
import { expectPicture, withClass } from '../../../shared/picture/expect-picture.ts';
import { curvesSvg } from './curves-svg.ts';
import { matrixSvg } from './matrix-svg.ts';
import { sideBySide } from './side-by-side.ts';

const at = (median: number) => ({ median, low: 0.98 * median, high: 1.02 * median });
const matrix = matrixSvg({
  title: 'Matrix',
  subtitle: 'measured latency',
  devices: ['one thread', 'two threads'],
  networks: [
    { name: 'network of one', words: '70.0 % top-1' },
    { name: 'network of two', words: '70.1 % top-1' },
  ],
  latencies: [
    [at(0.1), at(0.11)],
    [at(0.08), at(0.0801)],
  ],
});

it('frames each device its own network, and shades by how much slower the others are', () => {
  const elements = expectPicture(matrix, 'Matrix');
  expect(withClass(elements, 'accent-line')).toHaveLength(2);
  // Three cells are the fastest or as good as that; the fourth is 10 % slower.
  expect(withClass(elements, 'k3-0')).toHaveLength(3);
  expect(withClass(elements, 'k7-0')).toHaveLength(1);
  expect(matrix).toContain('1.10 × the fastest');
  expect(elements.find(({ name }) => name === 'desc')!.text).toContain('two threads: network of one 0.0800 ms');
});

it('draws a curve for the networks found and one for the baseline in each panel', () => {
  const points = [
    { latencyMs: 0.05, top1: 60 },
    { latencyMs: 0.1, top1: 70 },
  ];
  const panels = [{ title: 'one thread', found: points, baseline: points.map((each) => ({ ...each, top1: 65 })) }];
  const elements = expectPicture(curvesSvg({ title: 'Curves', subtitle: 'means of seeds', panels }), 'Curves');
  expect(elements.filter(({ name }) => name === 'path')).toHaveLength(2);
  expect(elements.filter(({ name }) => name === 'circle')).toHaveLength(4);
});

it('sets drawings below one another', () => {
  const whole = sideBySide('Networks', 'the same picture twice', [matrix, matrix]);
  const elements = expectPicture(whole, 'Networks');
  expect(elements.filter(({ name }) => name === 'svg')).toHaveLength(3);
  const height = (svg: string) => Number(/viewBox="0 0 \d+ (\d+)"/.exec(svg)![1]);
  expect(height(whole)).toBeGreaterThan(2 * height(matrix));
});
