import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../shared/random.ts';
import { centreView, drawAugmentation } from './augment.ts';

describe('drawAugmentation', () => {
  it('crops inside of any image', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 3000 }), (seed, w, h) => {
        const { crop } = drawAugmentation(Random.named(seed, 'crop'), w, h);
        expect(Math.min(crop.left, crop.top)).toBeGreaterThanOrEqual(0);
        expect(Math.min(crop.width, crop.height)).toBeGreaterThanOrEqual(1);
        expect(crop.left + crop.width).toBeLessThanOrEqual(w);
        expect(crop.top + crop.height).toBeLessThanOrEqual(h);
      }),
    );
  });

  it.each([
    [500, 375, 0.08],
    [32, 32, 0.6],
  ])('keeps area, shape, flips and colour of %i × %i within their bounds, and reaches them', (w, h, least) => {
    const draws = Array.from({ length: 4000 }, (_, i) => drawAugmentation(Random.named(i, 'draw'), w, h));
    const areas = draws.map(({ crop }) => (crop.width * crop.height) / (w * h));
    const ratios = draws.map(({ crop }) => crop.width / crop.height);
    const slack = 1.5 / Math.sqrt(least * w * h);
    expect(Math.min(...areas)).toBeGreaterThan(least - slack);
    expect(Math.min(...areas)).toBeLessThan(least + 0.05);
    expect(Math.max(...areas)).toBeGreaterThan(0.93);
    expect(Math.min(...ratios)).toBeGreaterThan(0.75 - 2 * slack);
    expect(Math.max(...ratios)).toBeLessThan(4 / 3 + 2 * slack);
    const flips = draws.filter(({ flip }) => flip).length / draws.length;
    expect(Math.abs(flips - 0.5)).toBeLessThan(0.04);
    for (const [key, spread] of [
      ['brightness', 32 / 255],
      ['saturation', 0.5],
    ] as const) {
      const values = draws.map((draw) => draw[key]);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(1 - spread);
      expect(Math.max(...values)).toBeLessThanOrEqual(1 + spread);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(1.9 * spread);
    }
  });
});

describe('centreView', () => {
  it('keeps 7/8 of a photograph’s shorter side and all of a thumbnail’s', () => {
    expect(centreView(500, 375).crop).toEqual({ left: 86, top: 23, width: 328, height: 328 });
    expect(centreView(32, 32).crop).toEqual({ left: 0, top: 0, width: 32, height: 32 });
    expect(centreView(64, 40).crop).toEqual({ left: 12, top: 0, width: 40, height: 40 });
    expect(centreView(1, 900).crop.width).toBe(1);
  });
});
