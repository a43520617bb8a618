import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { plainJpegSize } from './jpeg-header.ts';

let jpeg: Buffer;
const image = (): Sharp => sharp({ create: { width: 50, height: 30, channels: 3, background: '#c83010' } });

beforeAll(async () => {
  jpeg = await image().withMetadata({ orientation: 1 }).withIccProfile('srgb').jpeg().toBuffer();
});

describe('plainJpegSize', () => {
  it.each([
    ['a baseline JPEG', () => image().jpeg()],
    ['a progressive one', () => image().jpeg({ progressive: true })],
    ['one without subsampling', () => image().jpeg({ chromaSubsampling: '4:4:4' })],
    ['a grey one', () => image().toColourspace('b-w').jpeg()],
    ['one that EXIF calls upright', () => image().withMetadata({ orientation: 1 }).jpeg()],
    ['one in sRGB', () => image().withIccProfile('srgb').jpeg()],
  ])('is the size of %s', async (_name, make) => {
    expect(plainJpegSize(await make().toBuffer())).toEqual({ width: 50, height: 30 });
  });

  it.each([
    ['one that EXIF turns', () => image().withMetadata({ orientation: 6 }).jpeg()],
    ['one in another colour space', () => image().withIccProfile('p3').jpeg()],
    ['one in CMYK', () => image().toColourspace('cmyk').jpeg()],
    ['a PNG', () => image().png()],
    ['a WebP', () => image().webp()],
  ])('is null for %s', async (_name, make) => {
    expect(plainJpegSize(await make().toBuffer())).toBeNull();
  });

  it('is found in a part of a larger buffer', () => {
    const around = Buffer.concat([Buffer.alloc(7, 0xff), jpeg, Buffer.alloc(7, 0xff)]);
    expect(plainJpegSize(around.subarray(7, 7 + jpeg.length))).toEqual({ width: 50, height: 30 });
  });

  it('is null where the header is cut short, and the size where only pixels are missing', () => {
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    for (let length = 0; length <= scan + 1; length++) expect(plainJpegSize(jpeg.subarray(0, length))).toBeNull();
    expect(plainJpegSize(jpeg.subarray(0, scan + 2))).toEqual({ width: 50, height: 30 });
  });

  it('comes to an end, whatever the bytes', () => {
    const changes = fc.array(fc.tuple(fc.nat(jpeg.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, (changed) => {
        const bytes = Buffer.from(jpeg);
        for (const [at, value] of changed) bytes[at] = value;
        const size = plainJpegSize(bytes);
        if (size !== null) expect(Math.min(size.width, size.height)).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(plainJpegSize(bytes)).toBeNull();
        plainJpegSize(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), bytes]));
      }),
    );
  });
});
