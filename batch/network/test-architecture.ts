/** @file For tests: a network that takes a moment, with every kind of layer. */
import type { Architecture } from '../../shared/contract/architecture.ts';

export const smallArchitecture: Architecture = {
  format: 'fastpath.architecture/1',
  resolution: 8,
  classes: 3,
  stem: { kernel: 3, stride: 2, channels: 4 },
  blocks: [{ op: 'mbconv', kernel: 3, expansion: 2, stride: 1, in: 4, out: 4, shortcut: true }],
  head: { channels: 8 },
};
