import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decode, decodeCrop, sizeOf, UndecodableImage } from './decode.ts';

/** 40 × 20, left half red, right half blue: what is turned or mirrored shows. */
let plain: Sharp;
let jpeg: Buffer;
const [red, blue] = [
  [210, 40, 30],
  [20, 60, 200],
];

beforeAll(async () => {
  const pixels = Buffer.alloc(40 * 20 * 3);
  for (let i = 0; i < 800; i++) pixels.set(i % 40 < 20 ? red! : blue!, 3 * i);
  plain = sharp(pixels, { raw: { width: 40, height: 20, channels: 3 } });
  jpeg = await plain.clone().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
});

async function expectColours(bytes: Uint8Array, left: number[], right: number[], tolerance: number): Promise<void> {
  const { data, width, height } = await decode(bytes);
  expect([width, height, data.length]).toEqual([40, 20, 2400]);
  const at = (x: number) => [...data.subarray(3 * (10 * 40 + x), 3 * (10 * 40 + x) + 3)];
  for (const [x, colour] of [
    [5, left],
    [35, right],
  ] as const) {
    at(x).forEach((value, c) => {
      expect(Math.abs(value - colour[c]!), `pixel ${x} is ${at(x)}, not ${colour}`).toBeLessThanOrEqual(tolerance);
    });
  }
}

const greyOf = ([r, g, b]: number[]) => Array<number>(3).fill(0.299 * r! + 0.587 * g! + 0.114 * b!);

describe('decode', () => {
  it('reads JPEG, PNG, WebP and GIF whatever the name says', async () => {
    await expectColours(jpeg, red!, blue!, 4);
    await expectColours(await plain.clone().png().toBuffer(), red!, blue!, 0);
    await expectColours(await plain.clone().webp({ lossless: true }).toBuffer(), red!, blue!, 0);
    await expectColours(await plain.clone().gif().toBuffer(), red!, blue!, 6);
  });

  it('makes three channels of grey', async () => {
    const grey = await plain.clone().toColourspace('b-w').jpeg().toBuffer();
    expect((await sharp(grey).metadata()).channels).toBe(1);
    const { data } = await decode(grey);
    expect(data.length).toBe(2400);
    for (let i = 0; i < data.length; i += 3) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]]);
    await expectColours(grey, greyOf(red!), greyOf(blue!), 40);
  });

  it('converts CMYK', async () => {
    const cmyk = await plain.clone().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    // The profile's ink cannot print this blue: near it, and far from inverted, is what can be asked.
    await expectColours(cmyk, red!, blue!, 60);
  });

  it('brings 16 bits down to 8, in colour and grey', async () => {
    const deep = await plain.clone().toColourspace('rgb16').png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    await expectColours(deep, red!, blue!, 1);
    const grey = await plain.clone().toColourspace('grey16').png().toBuffer();
    expect((await sharp(grey).metadata()).depth).toBe('ushort');
    await expectColours(grey, greyOf(red!), greyOf(blue!), 40);
  });

  it('lays transparent images on white, and reads palettes', async () => {
    const clear = await plain.clone().ensureAlpha(0).png().toBuffer();
    await expectColours(clear, [255, 255, 255], [255, 255, 255], 0);
    await expectColours(await plain.clone().png({ palette: true }).toBuffer(), red!, blue!, 4);
  });

  it('turns what EXIF says is turned', async () => {
    const turned = await plain.clone().rotate(90).withMetadata({ orientation: 8 }).jpeg({ quality: 95 }).toBuffer();
    expect(await sizeOf(turned)).toEqual({ width: 40, height: 20 });
    await expectColours(turned, red!, blue!, 12);
    const half = await decodeCrop(turned, { left: 24, top: 2, width: 12, height: 12 }, 6);
    expect([half.width, half.height]).toEqual([6, 6]);
    expect(half.data[2]).toBeGreaterThan(half.data[0]!);
  });

  it('crops before it resizes', async () => {
    const png = await plain.clone().png().toBuffer();
    const { data } = await decodeCrop(png, { left: 0, top: 0, width: 20, height: 20 }, 8);
    for (let i = 0; i < data.length; i += 3) expect([...data.subarray(i, i + 3)]).toEqual(red);
  });

  it.each([
    ['empty', () => Buffer.alloc(0), /empty/],
    ['cut in half', () => jpeg.subarray(0, jpeg.length >> 1), /./],
    ['cut near its end', () => jpeg.subarray(0, jpeg.length - 4), /./],
    ['text', () => Buffer.from('<html>not found</html>'), /neither JPEG, PNG, WebP nor GIF/],
    ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /neither/],
    ['a header alone', () => jpeg.subarray(0, 4), /./],
  ])('refuses what is %s', async (_name, bytes, message) => {
    await expect(decode(bytes())).rejects.toThrow(UndecodableImage);
    await expect(decode(bytes())).rejects.toThrow(message);
    const crop = { left: 0, top: 0, width: 40, height: 20 };
    await expect(decodeCrop(bytes(), crop, 4)).rejects.toThrow(UndecodableImage);
  });
});
