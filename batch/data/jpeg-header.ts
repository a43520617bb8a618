/**
 * @file Reads the segments before a JPEG's pixels: its size, where it is one that any decoder shows alike. One that is to
 * be turned (EXIF), is not in sRGB (ICC), or has other than one or three channels of 8 bits is not plain.
 */

/** Upright, in pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

const startOfImage = 0xffd8;
const startOfScan = 0xda;
/** Baseline, extended and progressive frames of Huffman codes; the other frames from 0xc0 to 0xcf are not plain. */
const plainFrames = new Set([0xc0, 0xc1, 0xc2]);
const framesFrom = 0xc0;
const framesTo = 0xcf;
/** Among the numbers of frames, tables: Huffman, reserved, arithmetic. */
const notFrames = new Set([0xc4, 0xc8, 0xcc]);
const exif = { marker: 0xe1, signature: 'Exif\0\0', orientationTag: 0x112 };
const icc = { marker: 0xe2, signature: 'ICC_PROFILE\0' };

/** The size of a plain JPEG, or null. What follows the header may still be broken. */
export function plainJpegSize(bytes: Uint8Array): ImageSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: ImageSize | null = null;
  try {
    if (view.getUint16(0) !== startOfImage) return null;
    for (let at = 2; ; ) {
      if (view.getUint8(at) !== 0xff) return null;
      const marker = view.getUint8(at + 1);
      if (marker === startOfScan) return size;
      const segment = segmentAt(view, at + 2);
      if (marker >= framesFrom && marker <= framesTo && !notFrames.has(marker)) {
        if (!plainFrames.has(marker) || size !== null) return null;
        size = sizeIn(segment);
        if (size === null) return null;
      }
      if (marker === exif.marker && !isUpright(segment)) return null;
      if (marker === icc.marker && !isStandardColour(segment)) return null;
      at += 2 + 2 + segment.byteLength;
    }
  } catch (error) {
    // Cut short, or lengths that point outside.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Behind its length, which counts itself. */
function segmentAt(view: DataView, at: number): DataView {
  return new DataView(view.buffer, view.byteOffset + at + 2, view.getUint16(at) - 2);
}

function sizeIn(frame: DataView): ImageSize | null {
  const [bits, height, width, channels] = [
    frame.getUint8(0),
    frame.getUint16(1),
    frame.getUint16(3),
    frame.getUint8(5),
  ];
  // A height of 0 is told behind the pixels.
  const plain = bits === 8 && (channels === 1 || channels === 3) && width > 0 && height > 0;
  return plain ? { width, height } : null;
}

function text(view: DataView, from: number, length: number): string {
  return Buffer.from(
    view.buffer,
    view.byteOffset + from,
    Math.max(0, Math.min(length, view.byteLength - from)),
  ).toString('latin1');
}

function startsWith(segment: DataView, signature: string): boolean {
  return text(segment, 0, signature.length) === signature;
}

/** Whether the first directory of the EXIF block says nothing of turning. Throws RangeError where it is cut short. */
function isUpright(segment: DataView): boolean {
  if (!startsWith(segment, exif.signature)) return true;
  const start = exif.signature.length;
  const tiff = new DataView(segment.buffer, segment.byteOffset + start, segment.byteLength - start);
  const order = text(tiff, 0, 2);
  if (order !== 'II' && order !== 'MM') return false;
  const little = order === 'II';
  const directory = tiff.getUint32(4, little);
  const count = tiff.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    // 1 is upright, and 0 is written by cameras that do not know.
    if (tiff.getUint16(entry, little) === exif.orientationTag && tiff.getUint16(entry + 8, little) > 1) return false;
  }
  return true;
}

/** Whether the profile calls itself sRGB, in its description. Throws RangeError where it is cut short. */
function isStandardColour(segment: DataView): boolean {
  if (!startsWith(segment, icc.signature)) return true;
  // Behind the signature: which part of the profile this is, and of how many.
  const start = icc.signature.length + 2;
  const profile = new DataView(segment.buffer, segment.byteOffset + start, segment.byteLength - start);
  if (segment.getUint8(icc.signature.length) !== 1 || text(profile, 16, 4) !== 'RGB ') return false;
  const count = profile.getUint32(128);
  for (let i = 0; i < count; i++) {
    const entry = 132 + 12 * i;
    if (text(profile, entry, 4) !== 'desc') continue;
    // 8 or 16 bits a character.
    return text(profile, profile.getUint32(entry + 4), profile.getUint32(entry + 8))
      .replaceAll('\0', '')
      .includes('sRGB');
  }
  return false;
}
