/** @file Signatures of operators and their inverse. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapKinds, type Operator, operatorSignature, parseOperator, type Size } from './operator.ts';

const count = fc.integer({ min: 1, max: 5000 });
const size = fc.tuple(count, count) as fc.Arbitrary<Size>;
const activation = fc.constantFrom(null, 'relu', 'clip', 'sigmoid', 'hardswish');
const blocked = fc.boolean();
const operators: fc.Arbitrary<Operator> = fc.oneof(
  fc.record({
    kind: fc.constant('conv' as const),
    kernel: size,
    stride: size,
    groups: count,
    in: count,
    out: count,
    inputSize: size,
    outputSize: size,
    activation,
    adds: fc.boolean(),
    blocked,
  }),
  fc.record({
    kind: fc.constantFrom('maxpool' as const, 'averagepool' as const),
    kernel: size,
    stride: size,
    channels: count,
    inputSize: size,
    outputSize: size,
    blocked,
  }),
  fc.record({
    kind: fc.constant('dense' as const),
    rows: count,
    in: count,
    out: count,
    activation: fc.constantFrom(null, 'relu'),
  }),
  fc.record({ kind: fc.constantFrom(...mapKinds), reads: fc.nat(), writes: fc.nat(), blocked }),
);

test('every operator is what its signature says', () => {
  fc.assert(
    fc.property(operators, (operator) => {
      expect(parseOperator(operatorSignature(operator))).toEqual(operator);
    }),
  );
});

test.each(['conv-k3', 'pool-r1-w1', 'concat-r-1-w2', 'dense-n0-i1-o1', 'view-r0-w0-relu'])(
  '%s is no signature',
  (text) => {
    expect(() => parseOperator(text)).toThrow(/is no signature of an operator/);
  },
);
