import { describe, expect, it } from 'vitest';
import type { MbconvBlock } from '../contract/architecture.ts';
import { blockLayers, headLayers, hiddenWidth, outputSize, stemLayers } from './layers.ts';

const block: MbconvBlock = { op: 'mbconv', kernel: 5, expansion: 3, stride: 2, in: 10, out: 20, shortcut: false };

describe('outputSize', () => {
  // Counted on paper: the kernel's centre steps over pixels 0, s, 2s … below n.
  it.each([
    [224, 3, 2, 112],
    [7, 3, 2, 4],
    [8, 5, 2, 4],
    [7, 7, 2, 4],
    [7, 7, 1, 7],
    [4, 1, 1, 4],
    [1, 7, 2, 1],
  ])('%i pixels, kernel %i, stride %i give %i', (size, kernel, stride, out) => {
    expect(outputSize(size, kernel, stride)).toBe(out);
  });
});

describe('layers', () => {
  it('of a strided block on 9×9 pixels', () => {
    const shared = { block: 'b', heldElements: 0 };
    expect(blockLayers(block, 9, 'b')).toEqual([
      {
        ...shared,
        kind: 'conv',
        kernel: 1,
        stride: 1,
        in: 10,
        out: 30,
        inputSize: 9,
        outputSize: 9,
        macs: 24_300, // 81 positions · 10 · 30
        parameters: 360, // 300 + 2 · 30
      },
      {
        ...shared,
        kind: 'depthwise',
        kernel: 5,
        stride: 2,
        in: 30,
        out: 30,
        inputSize: 9,
        outputSize: 5,
        macs: 18_750, // 25 positions · 25 · 30
        parameters: 810, // 750 + 2 · 30
      },
      {
        ...shared,
        kind: 'conv',
        kernel: 1,
        stride: 1,
        in: 30,
        out: 20,
        inputSize: 5,
        outputSize: 5,
        macs: 15_000, // 25 positions · 30 · 20
        parameters: 640, // 600 + 2 · 20
      },
    ]);
  });

  it('have no expansion at expansion 1, and round the hidden width', () => {
    expect(blockLayers({ ...block, expansion: 1 }, 9, 'b').map(({ kind }) => kind)).toEqual(['depthwise', 'conv']);
    expect(hiddenWidth({ in: 9, expansion: 2.5 })).toBe(23);
    expect(hiddenWidth({ in: 9, expansion: 0.5 })).toBe(5);
  });

  it('hold the shortcut beside every layer but the one that reads it', () => {
    const residual: MbconvBlock = { ...block, stride: 1, out: 10, shortcut: true };
    expect(blockLayers(residual, 9, 'b').map((layer) => layer.heldElements)).toEqual([0, 810, 810]);
    expect(blockLayers({ ...residual, expansion: 1 }, 9, 'b').map((layer) => layer.heldElements)).toEqual([0, 810]);
  });

  it('of stem and head', () => {
    const [stem] = stemLayers({ kernel: 3, stride: 2, channels: 16 }, 32);
    expect(stem).toMatchObject({ in: 3, out: 16, inputSize: 32, outputSize: 16, macs: 110_592, parameters: 464 });
    const head = headLayers({ head: { channels: 100 }, classes: 7 }, 20, 3);
    expect(head.map(({ kind, inputSize, outputSize: out }) => [kind, inputSize, out])).toEqual([
      ['conv', 3, 3],
      ['pool', 3, 1],
      ['linear', 1, 1],
    ]);
    expect(head.map(({ macs, parameters }) => [macs, parameters])).toEqual([
      [18_000, 2200],
      [0, 0],
      [700, 707],
    ]);
  });
});
