import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeCrop } from '../../shared/data/decode.ts';
import type { ImageAddon } from '../backend/native/image-addon.ts';
import { CropDecoder, windowOf } from './crop-decoder.ts';

describe('windowOf', () => {
  const cases = fc
    .record({ width: fc.integer({ min: 1, max: 5000 }), height: fc.integer({ min: 1, max: 5000 }) })
    .chain((size) =>
      fc.record({ left: fc.nat(size.width - 1), top: fc.nat(size.height - 1) }).chain(({ left, top }) =>
        fc.record({
          size: fc.constant(size),
          crop: fc.record({
            left: fc.constant(left),
            top: fc.constant(top),
            width: fc.integer({ min: 1, max: size.width - left }),
            height: fc.integer({ min: 1, max: size.height - top }),
          }),
          side: fc.integer({ min: 1, max: 512 }),
        }),
      ),
    );

  it('lies within the image, holds the crop, and is no larger than it has to be', () => {
    fc.assert(
      fc.property(cases, ({ size, crop, side }) => {
        const [ratio, top, left, height, width, boxTop, boxLeft, boxHeight, boxWidth, outSide] = windowOf(
          size,
          crop,
          side,
        ) as unknown as number[] & { length: 10 };
        expect(outSide).toBe(side);
        for (const [whole, start, length, from, wide, box, boxLength] of [
          [size.width, crop.left, crop.width, left!, width!, boxLeft!, boxWidth!],
          [size.height, crop.top, crop.height, top!, height!, boxTop!, boxHeight!],
        ] as const) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(from + wide).toBeLessThanOrEqual(Math.ceil(whole / ratio!));
          expect((from + box) * ratio!).toBeCloseTo(start, 6);
          expect(boxLength * ratio!).toBeCloseTo(length, 6);
          expect(box).toBeLessThan(1);
          expect(box + boxLength).toBeLessThanOrEqual(wide + 1e-9);
          expect(wide).toBeLessThan(box + boxLength + 1);
        }
      }),
    );
  });

  it('makes the image smaller by a power of two, never so far that the crop is enlarged', () => {
    fc.assert(
      fc.property(cases, ({ size, crop, side }) => {
        const ratio = windowOf(size, crop, side)[0]!;
        const least = Math.min(crop.width, crop.height);
        expect([1, 2, 4, 8]).toContain(ratio);
        if (ratio > 1) expect(least / ratio).toBeGreaterThanOrEqual(side);
        if (ratio < 8) expect(least / (2 * ratio)).toBeLessThan(side);
      }),
    );
  });
});

describe('CropDecoder', () => {
  const crop = { left: 2, top: 3, width: 20, height: 21 };
  const create = { width: 40, height: 30, channels: 3, background: '#305080' } as const;
  const never = { decodeCrop: () => Promise.reject(new Error('asked')) } as unknown as ImageAddon;

  it('leaves to libvips what is no plain JPEG, and what TensorFlow refuses', async () => {
    const crops = new CropDecoder(8, never);
    for (const bytes of [await sharp({ create }).png().toBuffer(), await sharp({ create }).jpeg().toBuffer()]) {
      expect(await crops.decode(bytes, crop)).toEqual(await decodeCrop(bytes, crop, 8));
    }
  });

  it('says what libvips says of an image that is broken', async () => {
    const jpeg = await sharp({ create }).jpeg().toBuffer();
    const broken = jpeg.subarray(0, jpeg.length - 20);
    const expected = await decodeCrop(broken, { ...crop, height: 27 }, 8).catch((error) => error);
    expect(expected).toBeInstanceOf(Error);
    const decoding = new CropDecoder(8, never).decode(broken, { ...crop, height: 27 });
    await expect(decoding).rejects.toThrow(expected.message);
  });
});
