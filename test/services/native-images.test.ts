/** @file Crops by TensorFlow: the same pixels as by libvips, nearly, the same bits each time, in whichever thread. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImageAddon, loadImageAddon } from '../../batch/backend/native/image-addon.ts';
import { selectBackend } from '../../batch/backend/select.ts';
import { drawAugmentation } from '../../batch/data/augment.ts';
import type { BatchOptions } from '../../batch/data/batch-maker.ts';
import { createLoader } from '../../batch/data/batches.ts';
import { CropDecoder, windowOf } from '../../batch/data/crop-decoder.ts';
import { Feed } from '../../batch/data/feed.ts';
import { Finisher } from '../../batch/data/finish.ts';
import { plainJpegSize } from '../../batch/data/jpeg-header.ts';
import { Resampler } from '../../batch/data/resample.ts';
import { type Crop, decode, decodeCrop, type Pixels, sizeOf } from '../../shared/data/decode.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { writeShard } from '../../shared/data/write-shards.ts';
import { Random } from '../../shared/random.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';

const photographs = new URL(
  'imagenet-sample/train/',
  new URL(`${process.env.FASTPATH_TEST_DATA ?? '../../../shared/data'}/`, import.meta.url),
).pathname;

let folder: string;
let file: string;
let addon: ImageAddon;
/** real ones, every fifth */
let images: Buffer[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-native-images-'));
  const { imageAddon } = await selectBackend('tensorflow');
  if (imageAddon === null) throw new Error('The image decoder is missing: npm run setup:native');
  file = imageAddon;
  addon = loadImageAddon(file);
  const classes = readdirSync(photographs).filter((_, i) => i % 5 === 0);
  images = classes.map((name) => readFileSync(join(photographs, name, readdirSync(join(photographs, name))[0]!)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Decoded whole by libvips and resized here, in floating point: what both decoders come near to. */
async function reference(bytes: Uint8Array, crop: Crop, side: number): Promise<Float32Array> {
  const pixels = await decode(bytes);
  return resized(pixels, crop, side);
}

function resized(pixels: Pixels, crop: Crop, side: number): Float32Array {
  const out = new Float32Array(3 * side * side);
  new Resampler().into(out, 0, pixels, crop, side, false);
  return out;
}

const cropBy = (bytes: Uint8Array, crop: Crop, side: number) => new CropDecoder(side, addon).decode(bytes, crop);

const whole = ({ width, height }: Pixels): Crop => ({ left: 0, top: 0, width, height });

function difference(one: Float32Array, other: Float32Array): { rms: number; mean: number } {
  let squares = 0;
  let sum = 0;
  one.forEach((value, i) => {
    squares += (value - other[i]!) ** 2;
    sum += value - other[i]!;
  });
  return { rms: Math.sqrt(squares / one.length), mean: Math.abs(sum / one.length) };
}

async function drawn(bytes: Uint8Array, name: string): Promise<Crop> {
  const { width, height } = await sizeOf(bytes);
  return drawAugmentation(Random.named(1, name), width, height).crop;
}

describe('a crop by TensorFlow', () => {
  it.each([224, 96, 32])('is the crop by libvips, nearly: side %i', async (side) => {
    let scaled = 0;
    let plain = 0;
    for (const [i, bytes] of images.entries()) {
      const crop = await drawn(bytes, `crop/${i}`);
      const expected = await reference(bytes, crop, side);
      const made = await cropBy(bytes, crop, side);
      const { rms, mean } = difference(resized(made, whole(made), side), expected);
      const size = plainJpegSize(bytes);
      const ratio = size === null ? 1 : windowOf(size, crop, side)[0]!;
      plain += size === null ? 0 : 1;
      scaled += ratio > 1 ? 1 : 0;
      // Of 255 levels. Made smaller by its frequencies, an image stays sharper than a triangle filter leaves it.
      const profile = bytes.includes('ICC_PROFILE');
      const bound = ratio > 1 ? 7 : profile ? 3 : 0.6;
      expect(rms, `image ${i}, ratio ${ratio}`).toBeLessThan(bound);
      expect(mean).toBeLessThan(ratio > 1 || profile ? 1.5 : 0.25);
      const libvips = await decodeCrop(bytes, crop, side);
      expect(difference(resized(libvips, whole(libvips), side), expected).rms).toBeLessThan(3);
    }
    expect(plain).toBeGreaterThan(0.8 * images.length);
    if (side < 224) expect(scaled).toBeGreaterThan(0);
  });

  it('does not alias: stripes finer than its pixels turn grey', async () => {
    const [width, height] = [1024, 768];
    const stripes = Buffer.from(
      Uint8Array.from({ length: 3 * width * height }, (_, i) => (Math.floor(i / 3) % 2) * 255),
    );
    const jpeg = await sharp(stripes, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 95 })
      .toBuffer();
    for (const [crop, side] of [
      [{ left: 0, top: 0, width: 1000, height: 760 }, 224],
      [{ left: 3, top: 5, width: 900, height: 700 }, 64],
      [{ left: 1, top: 1, width: 447, height: 447 }, 224],
    ] as const) {
      const { data } = await cropBy(jpeg, crop, side);
      const { rms } = difference(Float32Array.from(data), new Float32Array(data.length).fill(127.5));
      expect(rms).toBeLessThan(3);
    }
  });

  it('has the same bits each time, several at once or one by one', async () => {
    const cases = await Promise.all(
      images.slice(0, 24).map(async (bytes, i) => ({ bytes, crop: await drawn(bytes, `bits/${i}`) })),
    );
    const together = await Promise.all(cases.map(({ bytes, crop }) => cropBy(bytes, crop, 160)));
    for (const [i, { bytes, crop }] of cases.entries()) {
      expect(Buffer.from((await cropBy(bytes, crop, 160)).data).equals(together[i]!.data)).toBe(true);
    }
  });

  it('is refused where the crop reaches what is missing, for the reason that libvips gives', async () => {
    const bytes = images.find((image) => plainJpegSize(image) !== null)!;
    const { width, height } = plainJpegSize(bytes)!;
    const half = bytes.subarray(0, bytes.length >> 1);
    const below = { left: 0, top: height - 60, width, height: 60 };
    const expected = await decodeCrop(half, below, 32).catch((error: Error) => error.message);
    await expect(cropBy(half, below, 32)).rejects.toThrow(expected as string);
    const above = { left: 0, top: 0, width: 64, height: 64 };
    const found = await cropBy(half, above, 32);
    expect(Buffer.from(found.data).equals((await cropBy(bytes, above, 32)).data)).toBe(true);
  });

  it('never ends the process, whatever the bytes', async () => {
    const random = Random.named(4, 'damage');
    const bytes = images.find((image) => plainJpegSize(image) !== null)!;
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const damaged = Buffer.from(bytes);
      for (let k = 0; k < 1 + random.below(6); k++) damaged[random.below(damaged.length)] = random.below(256);
      const size = plainJpegSize(damaged) ?? { width: 300, height: 300 };
      const crop = drawAugmentation(random, size.width, size.height).crop;
      const decoding = addon.decodeCrop(damaged, windowOf(size, crop, 16), new Uint8Array(3 * 16 * 16));
      await decoding.catch(() => refused++);
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(300);
  });
});

describe('an image finished by compiled code', () => {
  it('has the bits of JavaScript, whatever the colours', () => {
    const colour = fc.double({ min: 0, max: 2, noNaN: true });
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, colour, colour, fc.boolean(), fc.nat(), (side, brightness, saturation, flip, seed) => {
        const random = Random.named(seed, 'pixels');
        const data = Uint8Array.from({ length: 3 * side * side }, () => random.below(256));
        const pixels = { data, width: side, height: side };
        const augmentation = { crop: whole(pixels), flip, brightness, saturation };
        const [compiled, plain] = [addon, null].map((which) => {
          const out = new Float32Array(data.length + 10);
          new Finisher(side, which).into(out.subarray(5, 5 + data.length), pixels, augmentation, null);
          return Buffer.from(out.buffer);
        });
        expect(compiled!.equals(plain!)).toBe(true);
      }),
    );
  });
});

describe('a feed with TensorFlow', () => {
  it('gives what a loader in this thread gives, in two threads one after the other, and skips what is broken', async () => {
    const broken = 7;
    const samples = images.slice(0, 60).map((image, i) => ({
      key: `image-${i}`,
      ending: 'jpg',
      image: i === broken ? image.subarray(0, 900) : image,
      label: i % 3,
    }));
    await writeShard(new DirectoryStore(folder), 'train-0000.tar', [...samples, ...samples.map(renamed)]);
    const location = { cacheDirectory: join(folder, 'cache') };
    const dataSet = await openDataSet(folder, location);
    const options: BatchOptions = {
      samples: dataSet.train,
      resolution: 64,
      batchSize: 20,
      seed: 3,
      augment: true,
      streamName: 'weights',
    };
    const own = createLoader({ dataSet, ...options, imageAddon: addon });
    const libvips = createLoader({ dataSet, ...options });
    for (let again = 0; again < 2; again++) {
      const feed = await Feed.open(folder, location, file);
      const fed = feed.loader(options);
      for (let batch = 0; batch < 4; batch++) {
        const [one, other] = [await fed.get(again, batch), await own.get(again, batch)];
        expect(Buffer.from(one.images.buffer).equals(Buffer.from(other.images.buffer))).toBe(true);
        expect([...one.labels]).toEqual([...other.labels]);
        const { images: near, skipped } = await libvips.get(again, batch);
        expect(skipped).toBe(one.skipped);
        expect(difference(one.images, near).rms).toBeLessThan(0.06);
      }
      await feed.close();
    }
    await Promise.all([own.close(), libvips.close()]);
  });

  it('says what to do where the decoder cannot be loaded', async () => {
    const opening = Feed.open(folder, { cacheDirectory: join(folder, 'cache') }, join(folder, 'train-0000.tar'));
    await expect(opening).rejects.toMatchObject({ code: 'backend.images' });
    await expect(opening).rejects.toThrow(/cannot be loaded .*npm run setup:native/);
  });
});

/** The same image once more, whole where it was broken: one in a hundred may be. */
function renamed<S extends { key: string }>(sample: S): S {
  return { ...sample, key: `${sample.key}-again` };
}
