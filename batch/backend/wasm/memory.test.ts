/** @file What only WebAssembly has: one memory that grows, scratch inside it, and kernels in a file. */
import { zeros } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { noteScratch, trackPeak } from '../memory.ts';
import * as ops from '../ops.ts';
import { selectBackend } from '../select.ts';
import { kernelsOver } from './module.ts';
import { Memory } from './webassembly.ts';

beforeAll(async () => {
  await selectBackend('wasm');
});

test('peak memory counts outputs and scratch, and nests', () => {
  const a = zeros([1, 32, 32, 16]);
  const bytes = 4 * 32 * 32 * 16;
  const outer = trackPeak(() => {
    const inner = trackPeak(() => ops.add(a, a).dispose());
    expect(inner.peakBytes - inner.startBytes).toBe(bytes);
    const w = zeros([7, 7, 16, 1]);
    ops.depthwise(a, w, 1).dispose();
    w.dispose();
  });
  // The padded copy of one image: 38 rows and columns of 16 channels at least.
  expect(outer.peakBytes - outer.startBytes).toBeGreaterThan(2 * bytes);
  expect(outer.peakBytes - outer.startBytes).toBeLessThan(4 * bytes);
  a.dispose();
});

test('scratch is counted once, not against later operations', () => {
  const a = zeros([4]);
  noteScratch(1 << 20);
  ops.add(a, a).dispose();
  const { peakBytes, startBytes } = trackPeak(() => ops.add(a, a).dispose());
  expect(peakBytes - startBytes).toBe(16);
});

test('memory beyond what WebAssembly can hold is an error, not a crash', () => {
  const x = zeros([1, 1, 1, 1]);
  expect(() => ops.globalAveragePoolGrad(zeros([1, 1]), [1, 40_000, 40_000, 1])).toThrow(/no room/);
  x.dispose();
});

test('kernels that were not compiled are named with the command that compiles them', () => {
  const memory = new Memory({ initial: 1 });
  expect(() => kernelsOver(memory, '/nowhere/kernels.wasm')).toThrow(/missing; run: npm run build:kernels/);
});
