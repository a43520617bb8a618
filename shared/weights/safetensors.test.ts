/** @file Round trips, a file worked out by hand, and every way of breaking a safetensors file that the format forbids. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { Tensor, TensorData } from './tensor.ts';

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const elements = (sides: readonly number[]) => sides.reduce((product, side) => product * side, 1);

const tensor: fc.Arbitrary<Tensor> = shape.chain((sides) => {
  const size = { minLength: elements(sides), maxLength: elements(sides) };
  const data: fc.Arbitrary<TensorData> = fc.oneof(
    fc.float32Array(size),
    fc.float64Array(size),
    fc.int32Array(size),
    fc.bigInt64Array(size),
  );
  return data.map((values) => ({ shape: sides, data: values }));
});

const name = fc
  .oneof(fc.string(), fc.string({ unit: 'binary' }), fc.nat().map(String), fc.constant('__proto__'))
  .filter((text) => text !== '__metadata__');

const tensors = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 });

const bytesOf = (data: TensorData) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A file around a header given as text, so that broken headers can be written. */
function fileOf(header: string, dataBytes: number, declared = new TextEncoder().encode(header).length): Uint8Array {
  const encoded = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + encoded.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(declared), true);
  file.set(encoded, 8);
  return file;
}

const entry = (dtype: string, sides: number[], begin: number, end: number) =>
  `{"dtype":"${dtype}","shape":${JSON.stringify(sides)},"data_offsets":[${begin},${end}]}`;

describe('safetensors', () => {
  test('a file worked out by hand, byte by byte', () => {
    const file = encodeSafetensors(new Map([['w', { shape: [2], data: new Float32Array([1, -2]) }]]), { by: 'me' });
    const header = '{"__metadata__":{"by":"me"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    expect(header.length).toBe(81);
    expect([...file.subarray(0, 8)]).toEqual([88, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(file.subarray(8, 96))).toBe(`${header}       `);
    expect([...file.subarray(96)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  test('what is written is read back bit for bit, also at an odd offset of a larger buffer', () => {
    fc.assert(
      fc.property(tensors, fc.dictionary(fc.string(), fc.string()), fc.nat(7), (list, metadata, shift) => {
        const file = encodeSafetensors(new Map(list), metadata);
        const shifted = new Uint8Array(file.length + shift + 3);
        shifted.set(file, shift);
        // A Node Buffer, as files arrive: its slice() differs from Uint8Array's.
        const read = decodeSafetensors(Buffer.from(shifted.buffer, shift, file.length));
        shifted.fill(0);
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
        expect([...read.tensors.keys()].sort()).toEqual(list.map(([key]) => key).sort());
        for (const [key, written] of list) {
          const found = read.tensors.get(key)!;
          expect(found.shape).toEqual(written.shape);
          expect(found.data.constructor).toBe(written.data.constructor);
          expect(bytesOf(found.data)).toEqual(bytesOf(written.data));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the order of the map does not show in the file, and every tensor starts at a multiple of its element', () => {
    fc.assert(
      fc.property(tensors, (list) => {
        const file = encodeSafetensors(new Map(list), {});
        expect(encodeSafetensors(new Map([...list].reverse()), {})).toEqual(file);
        const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
        expect(headerBytes % 8).toBe(0);
        const text = new TextDecoder().decode(file.subarray(8, 8 + headerBytes));
        for (const [, value] of Object.entries(JSON.parse(text)) as [
          string,
          { dtype: string; data_offsets: number[] },
        ][])
          expect(value.data_offsets[0]! % (value.dtype.endsWith('64') ? 8 : 4)).toBe(0);
      }),
    );
  });

  test('a file cut at any byte is refused', () => {
    const file = encodeSafetensors(
      new Map<string, Tensor>([
        ['a', { shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) }],
        ['b', { shape: [1], data: new Int32Array([7]) }],
      ]),
      {},
    );
    for (let length = 0; length < file.length; length++)
      expect(() => decodeSafetensors(file.subarray(0, length)), `cut at ${length}`).toThrow(/safetensors/);
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);
    expect(() => decodeSafetensors(longer)).toThrow('1 bytes at the end belong to no tensor');
  });

  test.each<[string, Uint8Array, string]>([
    ['huge header', fileOf('{}', 0, 100_000_001), 'over 100000000'],
    ['header past the end', fileOf('{}', 0, 3), 'claims 3 bytes of the 2'],
    ['not JSON', fileOf('{"a"', 0), 'not JSON'],
    ['not an object', fileOf('[]', 0), 'begin with {'],
    ['not UTF-8', Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d), 'not JSON'],
    ['same name twice', fileOf(`{"a":${entry('F32', [1], 0, 4)},"a":${entry('F32', [1], 0, 4)}}`, 4), 'twice'],
    ['gap', fileOf(`{"a":${entry('F32', [1], 0, 4)},"b":${entry('F32', [1], 8, 12)}}`, 12), 'expected 4'],
    ['overlap', fileOf(`{"a":${entry('F32', [2], 0, 8)},"b":${entry('F32', [1], 4, 8)}}`, 8), 'expected 8'],
    ['past the data', fileOf(`{"a":${entry('F32', [2], 0, 8)}}`, 4), 'ends at byte 8 of 4'],
    ['shape too small', fileOf(`{"a":${entry('F32', [1], 0, 8)}}`, 8), 'its shape needs 4'],
    ['shape overflow', fileOf(`{"a":${entry('F32', [2 ** 40, 2 ** 40], 0, 4)}}`, 4), 'its shape needs'],
    ['negative side', fileOf(`{"a":${entry('F32', [-1], 0, 4)}}`, 4), 'malformed shape'],
    [
      'fractional offset',
      fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0.5,4.5]}}', 4),
      'malformed data_offsets',
    ],
    ['backward offsets', fileOf(`{"a":${entry('F32', [1], 4, 0)}}`, 4), 'ends before it begins'],
    ['unknown type', fileOf(`{"a":${entry('BF16', [2], 0, 4)}}`, 4), 'BF16; convert it to one of F32, F64, I32, I64'],
    ['type from the prototype', fileOf(`{"a":${entry('toString', [1], 0, 4)}}`, 4), 'has type toString'],
    ['unknown field', fileOf('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}', 0), 'unknown field x'],
    ['entry not an object', fileOf('{"a":[]}', 0), 'is not an object'],
    ['metadata not strings', fileOf('{"__metadata__":{"a":1}}', 0), 'is not a string'],
  ])('refused: %s', (_, file, message) => {
    expect(() => decodeSafetensors(file)).toThrow(message);
  });

  test('random bytes and random damage never give anything but a clear error or a valid file', () => {
    const good = encodeSafetensors(new Map([['w', { shape: [3], data: new Float32Array([1, 2, 3]) }]]), { a: 'b' });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (position, value) => {
        const damaged = good.slice();
        damaged[position] = value;
        try {
          for (const { shape, data } of decodeSafetensors(damaged).tensors.values())
            expect(data.length).toBe(elements(shape));
        } catch (error) {
          expect(error).toMatchObject({ code: 'weights.invalid' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('refuses to write what could not be read', () => {
    const data = new Float32Array(3);
    expect(() => encodeSafetensors(new Map([['w', { shape: [2], data }]]), {})).toThrow('shape [2] but 3 elements');
    expect(() => encodeSafetensors(new Map([['w', { shape: [-1, -3], data }]]), {})).toThrow('shape [-1,-3]');
    expect(() => encodeSafetensors(new Map([['__metadata__', { shape: [3], data }]]), {})).toThrow('__metadata__');
  });
});
