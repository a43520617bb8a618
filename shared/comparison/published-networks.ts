/**
 * @file Networks that others published for ImageNet at 224 pixels, to compare with: what they choose in each block, and
 * how accurate they were reported to be. Searched ones: Cai, Zhu, Han, "ProxylessNAS" (ICLR 2019), table 4 and figure 5.
 */
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';

/** Width and stride of a stage, then kernel and expansion of each of its blocks. */
type Stage = [width: number, stride: 1 | 2, ...blocks: [kernel: 3 | 5 | 7, expansion: number][]];

interface Published {
  name: string;
  /** share of ImageNet's validation images classified right, as reported */
  top1: number;
  stem: number;
  first: number;
  stages: Stage[];
  head: number;
}

const k3e3: [3, 3] = [3, 3];
const k3e6: [3, 6] = [3, 6];
const k5e3: [5, 3] = [5, 3];
const k5e6: [5, 6] = [5, 6];
const k7e3: [7, 3] = [7, 3];
const k7e6: [7, 6] = [7, 6];

export const publishedNetworks: readonly Published[] = [
  {
    name: 'ProxylessNAS-Mobile',
    top1: 0.746,
    stem: 32,
    first: 16,
    stages: [
      [32, 2, k5e3, k3e3],
      [40, 2, k7e3, k3e3, k5e3, k5e3],
      [80, 2, k7e6, k5e3, k5e3, k5e3],
      [96, 1, k5e6, k5e3, k5e3, k5e3],
      [192, 2, k7e6, k7e6, k7e3, k7e3],
      [320, 1, k7e6],
    ],
    head: 1280,
  },
  {
    name: 'ProxylessNAS-CPU',
    top1: 0.753,
    stem: 40,
    first: 24,
    stages: [
      [32, 2, k3e6, k3e3, k3e3, k3e3],
      [48, 2, k3e6, k3e3, k3e3, k5e3],
      [88, 2, k3e6, k3e3],
      [104, 1, k5e6, k3e3, k3e3, k3e3],
      [216, 2, k5e6, k5e3, k5e3, k3e3],
      [360, 1, k5e6],
    ],
    head: 1432,
  },
  {
    name: 'ProxylessNAS-GPU',
    top1: 0.751,
    stem: 40,
    first: 24,
    stages: [
      [32, 2, k5e3],
      [56, 2, k7e3, k3e3],
      [112, 2, k7e6, k5e3],
      [128, 1, k5e6, k3e3, k5e3],
      [256, 2, k7e6, k7e6, k7e6, k5e6],
      [432, 1, k7e6],
    ],
    head: 1728,
  },
];

/** The network for images of `resolution` pixels and so many classes, which need not be those it was published for. */
export function architectureOf(
  { stem, first, stages, head }: Published,
  resolution: number,
  classes: number,
): Architecture {
  const fixed: MbconvBlock = {
    op: 'mbconv',
    kernel: 3,
    expansion: 1,
    stride: 1,
    in: stem,
    out: first,
    shortcut: false,
  };
  const blocks = [fixed];
  for (const [width, stride, ...chosen] of stages) {
    for (const [i, [kernel, expansion]] of chosen.entries()) {
      const before = blocks.at(-1)!.out;
      const shape = i === 0 ? { stride, shortcut: false } : { stride: 1 as const, shortcut: true };
      blocks.push({ op: 'mbconv', kernel, expansion, in: before, out: width, ...shape });
    }
  }
  return {
    format: 'fastpath.architecture/1',
    resolution,
    classes,
    stem: { kernel: 3, stride: 2, channels: stem },
    blocks,
    head: { channels: head },
  };
}
