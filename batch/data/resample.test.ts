import { describe, expect, it } from 'vitest';
import type { Crop, Pixels } from '../../shared/data/decode.ts';
import { channelDeviation, channelMean, coloursOf, normalise } from './normalise.ts';
import { Resampler } from './resample.ts';

function image(rows: number[][], channels: (value: number) => [number, number, number]): Pixels {
  return { data: Uint8Array.from(rows.flat().flatMap(channels)), width: rows[0]!.length, height: rows.length };
}

function resample(source: Pixels, crop: Crop, side: number, flip = false): Float32Array {
  const out = new Float32Array(3 * side * side + 2);
  new Resampler().into(out, 1, source, crop, side, flip);
  expect([out[0], out.at(-1)]).toEqual([0, 0]);
  return out.slice(1, -1);
}

const numbers = [
  [10, 200, 30, 250, 0, 90, 60],
  [0, 40, 80, 120, 160, 200, 240],
  [255, 0, 255, 0, 255, 0, 255],
  [5, 6, 7, 8, 9, 10, 11],
  [100, 90, 80, 70, 60, 50, 40],
  [33, 66, 99, 132, 165, 198, 231],
];

/** What Pillow 9.4 gives for crop, then resize with its BILINEAR filter, on 32-bit floats. */
const pillow: [Crop, number, number[][]][] = [
  [
    { left: 0, top: 0, width: 7, height: 6 },
    3,
    [
      [76.531, 123.025, 134.694],
      [72.554, 71.75, 90.232],
      [66.286, 87.714, 109.143],
    ],
  ],
  [
    { left: 1, top: 1, width: 5, height: 4 },
    4,
    [
      [50.0, 96.667, 143.333, 190.0],
      [63.75, 148.75, 148.75, 63.75],
      [6.25, 7.417, 8.583, 9.75],
      [87.5, 75.833, 64.167, 52.5],
    ],
  ],
  [
    { left: 2, top: 0, width: 3, height: 6 },
    5,
    [
      [40.714, 113.286, 222.143, 109.429, 34.286],
      [142.5, 116.357, 77.143, 147.214, 193.929],
      [131.0, 80.2, 4.0, 80.8, 132.0],
      [53.929, 51.5, 47.857, 44.214, 41.786],
      [94.929, 104.443, 118.714, 132.986, 142.5],
    ],
  ],
];

describe('Resampler', () => {
  it.each(pillow)('agrees with Pillow for %o to %i pixels', (crop, side, expected) => {
    const out = resample(
      image(numbers, (v) => [v, 255 - v, 7]),
      crop,
      side,
    );
    expected.flat().forEach((value, i) => {
      expect(out[3 * i]).toBeCloseTo(value, 2);
      expect(out[3 * i + 1]).toBeCloseTo(255 - value, 2);
      expect(out[3 * i + 2]).toBeCloseTo(7, 4);
    });
  });

  it('copies where nothing changes size, and mirrors', () => {
    const source = image(numbers, (v) => [v, v >> 1, 255 - v]);
    const crop = { left: 1, top: 2, width: 4, height: 4 };
    const straight = resample(source, crop, 4);
    const mirrored = resample(source, crop, 4, true);
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 4; x++) {
        expect(straight[3 * (4 * y + x)]).toBe(numbers[2 + y]![1 + x]);
        expect(mirrored[3 * (4 * y + x)]).toBe(numbers[2 + y]![4 - x]);
        expect(mirrored[3 * (4 * y + x) + 2]).toBe(255 - numbers[2 + y]![4 - x]!);
      }
    }
  });

  it('enlarges a single pixel', () => {
    const out = resample(
      image([[9]], (v) => [v, v, v]),
      { left: 0, top: 0, width: 1, height: 1 },
      5,
    );
    expect([...out].every((value) => value === 9)).toBe(true);
  });
});

describe('normalise', () => {
  it('subtracts the mean and divides by the deviation, and leaves what lies around', () => {
    const values = Float32Array.from([1, 255, 0, 51, 2]);
    normalise(values, 1, 1, coloursOf(1, 1));
    expect([values[0], values[4]]).toEqual([1, 2]);
    [1, 0, 0.2].forEach((share, c) => {
      expect(values[1 + c]).toBeCloseTo((share - channelMean[c]!) / channelDeviation[c]!, 5);
    });
  });

  it('greys at saturation 0, and clamps what brightness pushes over', () => {
    const greyed = Float32Array.from([100, 200, 50]);
    normalise(greyed, 0, 1, coloursOf(1, 0));
    const level = (0.299 * 100 + 0.587 * 200 + 0.114 * 50) / 255;
    for (let c = 0; c < 3; c++) expect(greyed[c]).toBeCloseTo((level - channelMean[c]!) / channelDeviation[c]!, 5);
    const bright = Float32Array.from([250, 250, 250]);
    normalise(bright, 0, 1, coloursOf(1.12, 1));
    for (let c = 0; c < 3; c++) expect(bright[c]).toBeCloseTo((1 - channelMean[c]!) / channelDeviation[c]!, 5);
  });
});
