/** @file Graphs made to harm: sizes that double, long lists, impossible operators. Each is priced, or refused in a line, at once. */
import { WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { builtInModels, findLatencyModel } from '../latency/built-in-models.ts';
import { FittedLatencyModel } from '../latency/fitted-model.ts';
import { networkPredictor } from './predict-network.ts';
import { readNetwork } from './read-network.ts';
import {
  attributes,
  conv,
  each,
  type Fill,
  file,
  filters,
  image,
  integers,
  node,
  value,
  weight,
} from './test-model.ts';

/** Operators were never timed on the first; on the second maps lie in blocks of channels. */
const models = [builtInModels[0]!, findLatencyModel('intel-xeon-amx-ort-1t')].map((own) => new FittedLatencyModel(own));
const predict = (bytes: Uint8Array) => models.map(networkPredictor(readNetwork(bytes)));

/** Milliseconds: what grows with the square takes minutes. */
const most = 10_000;
const count = (times: number) => Array.from({ length: times }, (_, i) => i);
const names = (times: number, start: string) => count(times).map((i) => `${start}${i}`);
/** `first` goes through `times` nodes one behind the other to `t0`, `t1` … */
const chain = (times: number, first: string, link: (from: string, to: string) => Fill) =>
  each(count(times), (i) => link(i === 0 ? first : `t${i - 1}`, `t${i}`));
const withConv = (...more: Fill[]) => file(image, filters, conv, ...more);
const convOf = (dims: readonly number[], all: Readonly<Record<string, number | readonly number[]>>) =>
  file(image, weight('w', dims), node('Conv', ['x', 'w'], ['y'], ...attributes(all)), value(13, 'y', [1, 8, 30, 30]));
const poolOf = (all: Readonly<Record<string, number | readonly number[]>>) =>
  withConv(
    node('MaxPool', ['y'], ['z'], ...attributes({ kernel_shape: [3, 3], ...all })),
    value(13, 'z', [1, 8, 8, 8]),
  );
const half: Fill = (w) => void w.tag(4, WireType.Bit32).float(0.5);

describe('a graph', () => {
  it.each<[string, () => Uint8Array, RegExp, string]>([
    [
      'axes that double',
      () =>
        withConv(
          weight('t', [1, 1]),
          chain(30, 't', (from, to) => node('Gather', [from, from], [to])),
        ),
      /^tensor "t2" would have 9 axes: no network has more than 8$/,
      'onnx.shape',
    ],
    [
      'axes one by one',
      () =>
        withConv(
          integers('a', [0]),
          chain(9, 'x', (from, to) => node('Unsqueeze', [from, 'a'], [to])),
        ),
      /^tensor "t4" would have 9 axes/,
      'onnx.shape',
    ],
    [
      'sizes that double',
      () =>
        withConv(
          integers('c', count(64)),
          chain(40, 'c', (from, to) => node('Concat', [from, from], [to])),
        ),
      /no network has such a tensor$/,
      'onnx.shape',
    ],
    [
      'half a number',
      () => withConv(weight('s', [1], half), node('ConstantOfShape', ['s'], ['c'])),
      /^tensor "c" would be 0.5: no network/,
      'onnx.shape',
    ],
    [
      'a list of inputs longer than any',
      () => withConv(node('Concat', new Array(200_001).fill(''), ['c'])),
      /more than 200000 inputs, outputs and attributes of nodes/,
      'onnx.too-large',
    ],
    ...[0, -1, 2, 3, 2 ** 40].map((group): [string, () => Uint8Array, RegExp, string] => [
      `${group} groups`,
      () => convOf([8, 3, 3, 3], { group }),
      new RegExp(`^Conv that makes "y" has ${group} groups for 3 and 8 channels: no network has such an operator$`),
      'onnx.shape',
    ]),
    [
      'no channels',
      () => {
        const cut = node('Slice', ['x', 'zero', 'zero', 'one'], ['none']);
        const own = node('Conv', ['none', 'v'], ['z'], ...attributes({ group: 2 }));
        return withConv(integers('zero', [0]), integers('one', [1]), cut, weight('v', [8, 0, 3, 3]), own);
      },
      /^Conv that makes "z" has 2 groups for 0 and 8 channels/,
      'onnx.shape',
    ],
    ...Object.entries({ kernel_shape: [-3, 3], strides: [0, 1], dilations: [1, -1] }).map(
      ([name, own]): [string, () => Uint8Array, RegExp, string] => [
        `${name} ${own.join('x')} of a pool`,
        () => poolOf({ [name]: own }),
        new RegExp(`^MaxPool that makes "z" has ${name} .${own.join(',')}.: no network has such an operator$`),
        'onnx.shape',
      ],
    ),
    [
      'a window of 2^40',
      () => poolOf({ kernel_shape: [2 ** 40, 1] }),
      /has kernel_shape .1099511627776,1./,
      'onnx.shape',
    ],
    ['a step back', () => convOf([8, 3, 3, 3], { strides: [1, -1] }), /"y" has strides .1,-1./, 'onnx.shape'],
    [
      'a matrix of which nothing is known',
      () => file(image, node('Odd', ['x'], ['b']), node('MatMul', ['x', 'b'], ['y']), value(13, 'y', [1, 3, 32, 8])),
      /nothing is known of Odd, MatMul$/,
      'onnx.unpriced',
    ],
    ...['Gemm', 'MatMul'].map((op): [string, () => Uint8Array, RegExp, string] => [
      `${op} with a list`,
      () => file(image, weight('b', [32]), node(op, ['x', 'b'], ['y']), value(13, 'y', [1, 3, 32])),
      new RegExp(`nothing is known of ${op}$`),
      'onnx.unpriced',
    ]),
    ...['Conv', 'MaxPool'].map((op): [string, () => Uint8Array, RegExp, string] => [
      `${op} of a list`,
      () => file(value(11, 'x', [3]), filters, node(op, ['x', 'w'], ['y']), value(13, 'y', [1, 8, 9, 9])),
      new RegExp(`nothing is known of ${op}$`),
      'onnx.unpriced',
    ]),
  ])('of %s is refused in one line', { timeout: 60_000 }, (_name, bytes, line, code) => {
    const model = bytes();
    const start = performance.now();
    const refused = (() => {
      try {
        return predict(model);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toMatchObject({ name: 'FastpathError', code, message: expect.stringMatching(line), retry: false });
    expect(performance.now() - start).toBeLessThan(most);
  });

  it.each<[string, () => Uint8Array]>([
    ['no operands', () => withConv(node('Add', [], ['c']))],
    ['130,000 operands', () => file(image, node('Sum', new Array(130_000).fill('x'), ['y']))],
    [
      'numbers that double',
      () =>
        withConv(
          integers('c', count(64)),
          chain(25, 'c', (from, to) => node('Concat', [from, from], [to])),
        ),
    ],
    [
      'ten thousand other names of one tensor',
      () => {
        const others = chain(9_900, 'y', (from, to) => node('Identity', [from], [to]));
        return withConv(
          others,
          each(names(9_900, 'u'), (to) => node('Relu', ['t9899'], [to])),
        );
      },
    ],
    [
      'a hundred thousand outputs',
      () => {
        const outputs = names(99_000, 'a longer name than most, so that comparing takes its time, ');
        const nodes = chain(19_000, 'y', (from, to) => node('Sigmoid', [from], [to]));
        return withConv(
          nodes,
          each(outputs, (own) => value(12, own, [])),
        );
      },
    ],
    [
      'sigmoids that all go into one product',
      () => {
        const gates = names(19_000, 'g');
        const all = [...new Array(130_000).fill('w'), ...gates];
        return withConv(
          each(gates, (to) => node('Sigmoid', ['y'], [to])),
          node('Mul', all, ['z']),
        );
      },
    ],
    [
      'matrices that all go into one sum',
      () => {
        const parts = names(19_000, 'm');
        const all = [...new Array(120_000).fill('x'), ...parts];
        const products = each(parts, (to) => node('MatMul', ['x', 'b'], [to]));
        return file(image, weight('b', [32, 32]), products, node('Add', all, ['z']));
      },
    ],
    [
      'a nameless tensor that is made of itself',
      () => withConv(node('Relu', ['x'], ['']), node('Identity', [''], ['']), node('Relu', [''], ['z'])),
    ],
    [
      'a name of a megabyte',
      () => {
        const long = 'n'.repeat(1_000_000);
        const first = [node('Conv', ['x', 'w'], [long]), node('Identity', [long], ['y'])];
        return file(
          image,
          filters,
          ...first,
          each(names(15_000, 'u'), (to) => node('Softmax', ['y'], [to])),
        );
      },
    ],
    [
      'batch norm of a shape',
      () => withConv(node('Shape', ['y'], ['s']), node('BatchNormalization', ['s', 's', 's', 's', 's'], ['z'])),
    ],
  ])('of %s is priced', { timeout: 60_000 }, (_name, bytes) => {
    const model = bytes();
    const start = performance.now();
    for (const { latencyUs, lowUs, highUs, blocks } of predict(model)) {
      expect(latencyUs).toBeGreaterThan(0);
      expect(lowUs).toBeGreaterThanOrEqual(0);
      expect(highUs).toBeLessThan(Number.POSITIVE_INFINITY);
      expect(blocks.every((block) => block.latencyUs >= 0)).toBe(true);
    }
    expect(performance.now() - start).toBeLessThan(most);
  });
});
