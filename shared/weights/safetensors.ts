/**
 * @file Weights as safetensors files: an 8-byte little-endian header length, a JSON header that names each tensor's
 * type, shape and byte range, then the tensors' bytes without gaps. Layout: the public format description at
 * https://huggingface.co/docs/safetensors. Node runs on little-endian machines only, so typed arrays are copied as is.
 */
import { FastpathError } from '../errors.ts';
import { type HeaderEntry, parseHeader } from './safetensors-header.ts';
import { bytesPerElement, dataFromBytes, dtypeOf, type Tensor } from './tensor.ts';

/** Readers refuse longer headers, this one included, so none may be written. */
const maxHeaderBytes = 100_000_000;

const lengthBytes = 8;

const invalid = (what: string): FastpathError =>
  new FastpathError('weights.invalid', `not a valid safetensors file: ${what}`);

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Writes tensors and string metadata as one safetensors file; equal content gives equal bytes, whatever the order in
 * the map. The header lists names in order; the data holds 8-byte types first, which keeps every tensor aligned.
 * @throws FastpathError `weights.invalid` when a shape does not fit its data or a name is reserved
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const sorted = [...tensors].sort(([a], [b]) => byCodeUnits(a, b));
  const width = ({ data }: Tensor) => data.BYTES_PER_ELEMENT;
  const byWidth = [...sorted].sort(([, a], [, b]) => width(b) - width(a));
  const begins = new Map<string, number>();
  let dataBytes = 0;
  for (const [name, { data }] of byWidth) {
    begins.set(name, dataBytes);
    dataBytes += data.byteLength;
  }
  // Joined by hand: an object would move names that look like integers to the front and lose `__proto__`.
  const entries = sorted.map(([name, tensor]) => {
    const begin = begins.get(name)!;
    return `${JSON.stringify(name)}:${JSON.stringify(headerEntry(name, tensor, begin))}`;
  });
  const strings = Object.entries(metadata).sort(([a], [b]) => byCodeUnits(a, b));
  if (strings.length > 0) {
    const members = strings.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    entries.unshift(`"__metadata__":{${members.join(',')}}`);
  }
  const header = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > maxHeaderBytes) throw invalid(`a header of ${headerBytes} bytes is over ${maxHeaderBytes}`);

  const file = new Uint8Array(lengthBytes + headerBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(header, lengthBytes);
  file.fill(0x20, lengthBytes + header.length, lengthBytes + headerBytes);
  for (const [name, { data }] of byWidth) {
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    file.set(source, lengthBytes + headerBytes + begins.get(name)!);
  }
  return file;
}

function headerEntry(name: string, { shape, data }: Tensor, begin: number): HeaderEntry {
  if (name === '__metadata__') throw invalid('a tensor may not be called __metadata__');
  const elements = shape.reduce((product, side) => product * side, 1);
  if (!shape.every((side) => Number.isSafeInteger(side) && side >= 0) || elements !== data.length)
    throw invalid(`tensor ${JSON.stringify(name)} has shape [${shape}] but ${data.length} elements`);
  return { dtype: dtypeOf(data), shape, data_offsets: [begin, begin + data.byteLength] };
}

/**
 * Reads a safetensors file whole. Every tensor gets an array of its own; 64-bit integers come as BigInt64Array.
 * @throws FastpathError `weights.invalid` naming the first thing wrong: the file is accepted only when every byte of
 * it is accounted for
 */
export function decodeSafetensors(file: Uint8Array): {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
} {
  if (file.length < lengthBytes) throw invalid(`${file.length} bytes are too few to hold a header length`);
  const declared = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(maxHeaderBytes)) throw invalid(`its header claims ${declared} bytes, over ${maxHeaderBytes}`);
  const dataStart = lengthBytes + Number(declared);
  if (dataStart > file.length) throw invalid(`its header claims ${declared} bytes of the ${file.length - lengthBytes}`);

  const { entries, metadata } = parseHeader(file.subarray(lengthBytes, dataStart));
  requireExactCover(entries, file.length - dataStart);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const [begin, end] = data_offsets;
    tensors.set(name, { shape, data: dataFromBytes(dtype, file.subarray(dataStart + begin, dataStart + end)) });
  }
  return { tensors, metadata };
}

/** Each tensor fills its byte range, and the ranges in order cover the data without gap, overlap or rest. */
function requireExactCover(entries: ReadonlyMap<string, HeaderEntry>, dataBytes: number): void {
  const inOrder = [...entries].sort(([, a], [, b]) => {
    return a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1];
  });
  let position = 0;
  for (const [name, { dtype, shape, data_offsets }] of inOrder) {
    const [begin, end] = data_offsets;
    const label = `tensor ${JSON.stringify(name)}`;
    if (begin !== position) throw invalid(`${label} begins at byte ${begin}, expected ${position}`);
    if (end > dataBytes) throw invalid(`${label} ends at byte ${end} of ${dataBytes}`);
    const expected = shape.reduce((product, side) => product * side, bytesPerElement[dtype]);
    if (end - begin !== expected) throw invalid(`${label} has ${end - begin} bytes, its shape needs ${expected}`);
    position = end;
  }
  if (position !== dataBytes) throw invalid(`${dataBytes - position} bytes at the end belong to no tensor`);
}
