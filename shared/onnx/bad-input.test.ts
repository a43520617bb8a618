/** @file Models made to harm: each ends in one clear line, at once, and nothing beside the bytes is looked at. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FastpathError } from '../errors.ts';
import { builtInModels } from '../latency/built-in-models.ts';
import { FittedLatencyModel } from '../latency/fitted-model.ts';
import { CnnBuilder } from './cnn-builder.ts';
import { networkPredictor } from './predict-network.ts';
import { readNetwork } from './read-network.ts';
import { stripWeights } from './strip-weights.ts';
import { conv, type Fill, file, filters, image, int, message, node, text, value, weight } from './test-model.ts';

const model = new FittedLatencyModel(builtInModels[0]!);
const predict = (bytes: Uint8Array, input?: number[]) => networkPredictor(readNetwork(bytes, input))(model);

const good = file(image, filters, conv, value(12, 'y', [1, 8, 30, 30]));

describe('a model', () => {
  it('is priced where it is in order', () => {
    const { latencyUs, lowUs, highUs, flags } = predict(good);
    expect(lowUs).toBeLessThan(latencyUs);
    expect(highUs).toBeGreaterThan(latencyUs);
    expect(flags).toContainEqual(expect.stringMatching(/^no operators were timed on/));
  });

  it.each<[string, Uint8Array, RegExp, string]>([
    ['nothing at all', new Uint8Array(), /not an ONNX model/, 'onnx.malformed'],
    ['text', new TextEncoder().encode('{"format":"fastpath.architecture/1"}'), /not an ONNX model/, 'onnx.malformed'],
    ['half a file', good.subarray(0, good.length >> 1), /not an ONNX model/, 'onnx.malformed'],
    [
      'dimensions of 2^62',
      file(image, weight('w', [2n ** 62n, 3, 3, 3]), conv),
      /"w" would be 4611686018427388000x3x3x3/,
      'onnx.shape',
    ],
    [
      'dimensions whose product overflows',
      file(image, weight('w', [1e6, 1e6, 3, 3]), conv),
      /no network has/,
      'onnx.shape',
    ],
    [
      'a negative dimension',
      file(value(11, 'x', [1, -3, 32, 32]), filters, conv),
      /"x" would be 1x-3x32x32/,
      'onnx.shape',
    ],
    [
      'an input of no pixels',
      file(value(11, 'x', [1, 3, 0, 32]), filters, conv),
      /"x" would be 1x3x0x32/,
      'onnx.shape',
    ],
    ['twenty axes', file(value(11, 'x', new Array(20).fill(1)), filters, conv), /more than 8 axes/, 'onnx.malformed'],
    [
      'a circle',
      file(image, node('Relu', ['b'], ['a']), node('Relu', ['a'], ['b'])),
      /the graph runs in a circle at tensor "a"/,
      'onnx.cyclic',
    ],
    ['a node that takes its own output', file(image, node('Add', ['x', 'a'], ['a'])), /in a circle/, 'onnx.cyclic'],
    [
      'two makers of one tensor',
      file(image, conv, node('Relu', ['x'], ['y'])),
      /two nodes make tensor "y"/,
      'onnx.cyclic',
    ],
    [
      'an open height',
      file(value(11, 'x', [null, 3, null, null]), filters, conv),
      /give them all, e.g. 1x3x224x224/,
      'onnx.input',
    ],
    ['no input', file(filters, node('Relu', ['w'], ['y'])), /has no input/, 'onnx.input'],
    ['only unknown operators', file(image, node('Loop', ['x'], ['y'])), /nothing is known of Loop/, 'onnx.unpriced'],
    ['no operator', file(image), /no operator that takes time/, 'onnx.unpriced'],
  ])('of %s is refused in one line', (_name, bytes, line, code) => {
    const refused = (() => {
      try {
        return predict(bytes);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(FastpathError);
    expect(refused).toMatchObject({ code, message: expect.stringMatching(line), retry: false });
    expect((refused as FastpathError).message).not.toContain('\n');
  });

  it('may have an open batch, which is one image, and other open dimensions that are given', () => {
    const open = file(value(11, 'x', [null, 3, null, null]), filters, conv);
    expect(predict(open, [1, 3, 32, 32])).toEqual(predict(good));
    expect(() => predict(open, [1, 3])).toThrow(/has 4 dimensions, and 2 are given/);
    expect(() => predict(good, [1, 4, 32, 32])).toThrow(/has 3 as dimension 2, and 4 is given/);
    const batch = file(value(11, 'x', [null, 3, 32, 32]), filters, conv);
    expect(predict(batch)).toEqual(predict(good));
  });

  it('names weights in other files, which are not opened', () => {
    const location = message(13, text(1, 'location'), text(2, '../../../etc/passwd'));
    const outside = file(image, weight('w', [8, 3, 3, 3], location, int(14, 1)), conv);
    expect(predict(outside)).toEqual(predict(good));
  });

  it('holds graphs in its nodes, two thousand deep: they are not entered', () => {
    let inner = new Uint8Array();
    // Lengths are written by hand: a writer would go as deep.
    for (let depth = 0; depth < 2_000; depth++) {
      const writer = new BinaryWriter();
      writer.tag(6, WireType.LengthDelimited).bytes(inner);
      inner = writer.finish() as Uint8Array<ArrayBuffer>;
    }
    const deep: Fill = (w) => void w.tag(5, WireType.LengthDelimited).bytes(inner);
    const { flags } = predict(file(image, filters, conv, node('If', ['y'], ['z'], deep)));
    expect(flags).toContainEqual('operators that nothing is known of, left out: If');
  });

  it('has groups within groups, a million of them', () => {
    const groups = new Uint8Array(2_000_000).fill((30 << 3) | WireType.StartGroup);
    expect(() => predict(groups)).toThrow(/not an ONNX model/);
  });

  it('has more nodes than any network', () => {
    const writer = new BinaryWriter();
    for (let i = 0; i < 30_000; i++) node('Relu', [`t${i}`], [`t${i + 1}`])(writer);
    const many = file(value(11, 't0', [1, 3, 4, 4]), (w) => void w.raw(writer.finish()));
    expect(() => predict(many)).toThrow(/more than 20000 nodes/);
  });

  it('widens its interval by operators that are not known, and lists them', () => {
    const known = predict(good);
    const odd = predict(file(image, filters, conv, node('Erase\nAll', ['y'], ['z']), node('Odd', ['z'], ['u'])));
    expect(odd.latencyUs).toBe(known.latencyUs);
    expect(odd.highUs).toBeGreaterThan(1.5 * known.highUs);
    expect(odd.flags.at(-1)).toBe('operators that nothing is known of, left out: Erase?All, Odd');
  });
});

const network = (() => {
  const b = new CnnBuilder();
  const x = b.relu(b.conv(b.input(1, 3, 16, 16), { out: 8, kernel: 3, stride: 2 }));
  const joined = b.concat([
    b.shuffle(b.add(b.conv(x, { out: 8, kernel: 1 }), x), 2),
    b.maxPool(x, { kernel: 3, stride: 1, pad: 1 }),
  ]);
  return b.finish('small', [b.dense(b.flatten(b.globalAveragePool(joined)), 10)]);
})();

describe('bytes changed at random', () => {
  const lines = (attempt: () => unknown) => {
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof FastpathError)) throw error;
      expect(error.code).toMatch(/^onnx\./);
      expect(error.message).toMatch(/^[^\n]{1,400}$/);
    }
  };
  const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });

  it.each([
    ['a whole model', network],
    ['a model without weights', stripWeights(network)],
  ])('of %s give a prediction or one line', (_name, bytes) => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.option(fc.nat()), (changes, cut) => {
        const broken = Uint8Array.from(cut === null ? bytes : bytes.subarray(0, cut % bytes.length));
        for (const { at, to } of changes) if (broken.length > 0) broken[at % broken.length] = to;
        lines(() => {
          const { latencyUs, lowUs, highUs } = predict(broken);
          expect([latencyUs, lowUs, highUs].every((us) => Number.isFinite(us) && us >= 0)).toBe(true);
        });
        lines(() => stripWeights(broken));
      }),
      { numRuns: 300 },
    );
  });

  it('of no model at all give one line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => lines(() => predict(bytes))),
      { numRuns: 300 },
    );
  });
});
