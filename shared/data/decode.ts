/**
 * @file From encoded bytes to RGB pixels, by libvips. Whatever comes in (grey, CMYK, 16-bit, palette, alpha over white,
 * rotated by EXIF, another format than its name says), 8-bit sRGB upright comes out; what cannot be read whole throws.
 */
import sharp, { type Sharp } from 'sharp';

// One libvips thread an image: images run side by side on libuv's threads. No image is seen twice soon enough to cache.
sharp.concurrency(1);
sharp.cache(false);

/** RGB, 8 bits, rows from the top: data.length = 3 · width · height. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
}

/** A rectangle of whole pixels. */
export interface Crop {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** An image larger than this is refused rather than unpacked: 3 bytes a pixel, several at once. */
export const maxPixels = 64e6;

/** Why an image was skipped, in words; thrown by everything here. */
export class UndecodableImage extends Error {}

function isKnownFormat(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 12)).toString('latin1');
  return /^(\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF.{4}WEBP)/s.test(start);
}

function pipelineOf(bytes: Uint8Array): Sharp {
  if (bytes.length === 0) throw new UndecodableImage('it is empty');
  if (!isKnownFormat(bytes)) throw new UndecodableImage('it is neither JPEG, PNG, WebP nor GIF');
  // `error` refuses truncated and broken data, but lets harmless warnings (bytes between markers) pass.
  return sharp(bytes, { failOn: 'error', autoOrient: true, limitInputPixels: maxPixels });
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UndecodableImage) throw error;
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UndecodableImage(line);
  }
}

async function rgbOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new UndecodableImage(`it has ${info.channels} channels after conversion to RGB`);
  return { data, width: info.width, height: info.height };
}

/** Width and height in pixels, upright, from the header alone. Throws `UndecodableImage`. */
export function sizeOf(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  return explained(async () => {
    const { autoOrient } = await pipelineOf(bytes).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  });
}

/**
 * Throws `UndecodableImage` where `decode` would. All of the file is read, but JPEGs only at an eighth of their size,
 * which takes a fraction of the time.
 */
export async function checkDecodable(bytes: Uint8Array): Promise<void> {
  await explained(() => rgbOf(pipelineOf(bytes).resize(32, 32, { fit: 'fill' })));
}

/** All pixels, or throws `UndecodableImage`. */
export function decode(bytes: Uint8Array): Promise<Pixels> {
  return explained(() => rgbOf(pipelineOf(bytes)));
}

/**
 * The crop, resized to `side` × `side` pixels; one that is smaller in either direction comes in its own size, for libvips
 * enlarges half a pixel beside the place. What lies below it is not decoded: a truncated image throws
 * `UndecodableImage` only where the crop reaches what is missing.
 */
export function decodeCrop(bytes: Uint8Array, crop: Crop, side: number): Promise<Pixels> {
  const enlarge = Math.min(crop.width, crop.height) < side;
  return explained(() => {
    const cropped = pipelineOf(bytes).extract(crop);
    return rgbOf(enlarge ? cropped : cropped.resize(side, side, { fit: 'fill', kernel: 'linear' }));
  });
}
