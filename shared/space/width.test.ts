import { describe, expect, it } from 'vitest';
import { findSpace } from './built-in.ts';
import { roundWidth, scaleSpace } from './width.ts';

describe('roundWidth', () => {
  it.each([
    [1, 8],
    [8, 8],
    [11, 16], // nearest is 8, under 9.9
    [12, 16], // half-way goes up
    [17, 16],
    [18, 24], // nearest is 16, under 16.2
    [26, 24], // 24 is not under 23.4
    [27, 32], // nearest is 24, under 24.3
    [33.6, 32],
    [44.8, 48],
    [134.4, 136],
    [1792, 1792],
  ])('rounds %f to %i', (width, rounded) => {
    expect(roundWidth(width)).toBe(rounded);
  });
});

describe('scaleSpace', () => {
  const space = findSpace('mobile-inverted-residual');
  const widths = (multiplier: number) => {
    const scaled = scaleSpace(space, multiplier);
    return [
      scaled.stem.channels,
      scaled.first.channels,
      ...scaled.stages.map((stage) => stage.width),
      scaled.head.channels,
    ];
  };

  it('widens everything at 1.4', () => {
    expect(widths(1.4)).toEqual([48, 24, 32, 56, 112, 136, 272, 448, 1792]);
  });

  it('narrows all but the head at 0.5', () => {
    expect(widths(0.5)).toEqual([16, 8, 16, 24, 40, 48, 96, 160, 1280]);
  });

  it('keeps unrounded widths at 1', () => {
    const odd = { ...space, stages: [{ width: 20, depth: 1, stride: 2 as const }] };
    expect(scaleSpace(odd, 1)).toEqual(odd);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %f', (multiplier) => {
    expect(() => scaleSpace(space, multiplier)).toThrow(/width multiplier must be a number over 0/);
  });
});
