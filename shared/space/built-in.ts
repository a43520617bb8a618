/** @file The search spaces that ship: plain data, in the same form as a user's own JSON. */
import type { SearchSpace } from '../contract/space.ts';
import { FastpathError } from '../errors.ts';

const candidates: SearchSpace['candidates'] = [
  { op: 'mbconv', kernel: 3, expansion: 3 },
  { op: 'mbconv', kernel: 3, expansion: 6 },
  { op: 'mbconv', kernel: 5, expansion: 3 },
  { op: 'mbconv', kernel: 5, expansion: 6 },
  { op: 'mbconv', kernel: 7, expansion: 3 },
  { op: 'mbconv', kernel: 7, expansion: 6 },
  { op: 'zero' },
];

/** The space of Cai, Zhu, Han, "ProxylessNAS" (ICLR 2019), for images of 224 pixels. */
const mobileInvertedResidual: SearchSpace = {
  format: 'fastpath.space/1',
  name: 'mobile-inverted-residual',
  resolution: 224,
  stem: { kernel: 3, stride: 2, channels: 32 },
  first: { kernel: 3, channels: 16 },
  stages: [
    { width: 24, depth: 4, stride: 2 },
    { width: 40, depth: 4, stride: 2 },
    { width: 80, depth: 4, stride: 2 },
    { width: 96, depth: 4, stride: 1 },
    { width: 192, depth: 4, stride: 2 },
    { width: 320, depth: 1, stride: 1 },
  ],
  candidates,
  head: { channels: 1280 },
};

/** For images of 32 pixels; the mean path costs under 5 M multiply-adds, so that two CPU cores can search it. */
const cifar: SearchSpace = {
  format: 'fastpath.space/1',
  name: 'cifar',
  resolution: 32,
  stem: { kernel: 3, stride: 1, channels: 16 },
  first: { kernel: 3, channels: 8 },
  stages: [
    { width: 16, depth: 2, stride: 2 },
    { width: 24, depth: 3, stride: 2 },
    { width: 40, depth: 3, stride: 2 },
  ],
  candidates,
  head: { channels: 192 },
};

/** For demonstrations and tests: the mean path costs under 2 M multiply-adds at 32 pixels. */
const tiny: SearchSpace = {
  format: 'fastpath.space/1',
  name: 'tiny',
  resolution: 32,
  stem: { kernel: 3, stride: 2, channels: 16 },
  first: { kernel: 3, channels: 8 },
  stages: [
    { width: 16, depth: 3, stride: 2 },
    { width: 24, depth: 3, stride: 2 },
    { width: 40, depth: 2, stride: 1 },
  ],
  candidates,
  head: { channels: 128 },
};

export const builtInSpaces: Readonly<Record<string, SearchSpace>> = {
  [mobileInvertedResidual.name]: mobileInvertedResidual,
  [cifar.name]: cifar,
  [tiny.name]: tiny,
};

/**
 * The built-in space of that name.
 * @throws FastpathError `space.unknown`, which lists the names there are
 */
export function findSpace(name: string): SearchSpace {
  const space = Object.hasOwn(builtInSpaces, name) ? builtInSpaces[name] : undefined;
  if (space !== undefined) return space;
  const names = Object.keys(builtInSpaces).join(', ');
  throw new FastpathError('space.unknown', `there is no search space ${name}: use one of ${names}, or a JSON file`);
}
