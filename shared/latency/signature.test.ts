/** @file Signatures read well, and stand one to one for the work they describe. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MbconvBlock } from '../contract/architecture.ts';
import { FastpathError } from '../errors.ts';
import type { Part } from './part.ts';
import { blockSignature, parseSignature, signatureOf } from './signature.ts';

const side = fc.integer({ min: 1, max: 512 });
const width = fc.integer({ min: 1, max: 2048 });
const stride = fc.constantFrom(1 as const, 2 as const);

const anyBlock: fc.Arbitrary<MbconvBlock> = fc.record({
  op: fc.constant('mbconv' as const),
  kernel: fc.constantFrom(3 as const, 5 as const, 7 as const),
  expansion: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.double({ min: 1e-9, max: 1e21, noNaN: true })),
  stride,
  in: width,
  out: width,
  shortcut: fc.boolean(),
});

const anyPart: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ kind: fc.constant('stem' as const), stride, channels: width, inputSize: side }),
  fc.record({ kind: fc.constant('mbconv' as const), block: anyBlock, inputSize: side }),
  fc.record({ kind: fc.constant('head' as const), in: width, channels: width, inputSize: side }),
  fc.record({ kind: fc.constant('classifier' as const), in: width, classes: width }),
);

describe('a signature', () => {
  it('is readable', () => {
    const block = { op: 'mbconv' as const, kernel: 5 as const, expansion: 6, stride: 2 as const, in: 24, out: 40 };
    expect(blockSignature({ ...block, shortcut: false }, 56)).toBe('mbconv-k5-e6-s2-i24-o40-r56');
    expect(blockSignature({ ...block, stride: 1, out: 24, shortcut: true }, 56)).toBe('mbconv-k5-e6-s1-i24-o24-r56-id');
    expect(signatureOf({ kind: 'classifier', in: 1280, classes: 1000 })).toBe('classifier-i1280-c1000');
  });

  // To have an inverse is to be unique: two parts with one signature could not both come back.
  it('gives its part back', () => {
    fc.assert(
      fc.property(anyPart, (part) => {
        expect(parseSignature(signatureOf(part))).toEqual(part);
      }),
    );
  });

  it.each([
    '',
    'mbconv-k4-e6-s1-i8-o8-r8',
    'mbconv-k3-e6-s1-i8-o8-r8-id2',
    'head-i8',
    'head-i0-o8-r4',
    'mbconv-k3-e0-s1-i8-o8-r8',
    'mbconv-k3-e1.2.3-s1-i8-o8-r8',
    'constructor',
  ])('refuses %j', (text) => {
    expect(() => parseSignature(text)).toThrow(FastpathError);
  });
});
