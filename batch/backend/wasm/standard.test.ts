/** @file tfjs's own gradient kernels on WebAssembly against the cpu backend's. */
import { backend_util, engine, type NamedAttrMap, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { FastpathError } from '../../../shared/errors.ts';
import { selectBackend } from '../select.ts';

type Shape4 = [number, number, number, number];
type Pad = 'same' | 'valid' | number | backend_util.ExplicitPadding;

beforeAll(async () => {
  await selectBackend('cpu');
  await selectBackend('wasm');
});

function wave(shape: number[], seed: number): Tensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return tensor(
    Array.from({ length }, (_, i) => Math.sin(1.7 * i + seed)),
    shape,
  );
}

/** Runs one kernel on both backends and compares; returns the cpu's values. */
async function compare(name: string, make: () => Record<string, Tensor>, attributes: object): Promise<number[]> {
  const results: { shape: number[]; values: number[] }[] = [];
  for (const backend of ['cpu', 'wasm']) {
    await setBackend(backend);
    const output = engine().runKernel<Tensor>(name, make(), attributes as NamedAttrMap);
    results.push({ shape: output.shape, values: [...output.dataSync<'float32'>()] });
  }
  const [expected, actual] = results as [(typeof results)[0], (typeof results)[0]];
  expect(actual.shape).toEqual(expected.shape);
  const worst = Math.max(...expected.values.map((value, i) => Math.abs(value - actual.values[i]!)));
  expect(worst).toBeLessThan(2e-5);
  return expected.values;
}

const explicit: Pad = [
  [0, 0],
  [1, 2],
  [0, 1],
  [0, 0],
];
const windows: [string, Pad, number | [number, number]][] = [
  ['same', 'same', 1],
  ['same, stride 2', 'same', 2],
  ['valid', 'valid', 1],
  ['valid, stride 2', 'valid', 2],
  ['valid, strides 2 and 1', 'valid', [2, 1]],
  ['same, strides 1 and 3', 'same', [1, 3]],
  ['2 at each side', 2, 1],
  ['explicit', explicit, 1],
];

test.each(windows)('Conv2DBackpropFilter, %s', async (_, pad, strides) => {
  const x: Shape4 = [2, 8, 7, 5];
  const w: Shape4 = [3, 5, 5, 6];
  const { outShape } = backend_util.computeConv2DInfo(x, w, strides, 1, pad);
  const attributes = { strides, pad, dataFormat: 'NHWC', filterShape: w };
  await compare('Conv2DBackpropFilter', () => ({ x: wave(x, 1), dy: wave(outShape, 2) }), attributes);
});

test.each(windows)('depthwise filter and input gradient, %s', async (_, pad, strides) => {
  const x: Shape4 = [2, 8, 7, 6];
  const w: Shape4 = [3, 5, 6, 1];
  const { outShape } = backend_util.computeConv2DInfo(x, w, strides, 1, pad, undefined, true);
  const attributes = { strides, pad, dilations: 1, filterShape: w, inputShape: x };
  const toFilter = () => ({ x: wave(x, 1), dy: wave(outShape, 2) });
  const toInput = () => ({ dy: wave(outShape, 2), filter: wave(w, 3) });
  await compare('DepthwiseConv2dNativeBackpropFilter', toFilter, attributes);
  await compare('DepthwiseConv2dNativeBackpropInput', toInput, attributes);
});

test('UnsortedSegmentSum drops ids outside of the segments', async () => {
  const make = () => ({ x: wave([6, 3, 2], 1), segmentIds: tensor([2, 0, 2, -1, 7, 1], [6], 'int32') });
  const values = await compare('UnsortedSegmentSum', make, { numSegments: 4 });
  expect(values.slice(18)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(values[12]).toBeCloseTo(Math.sin(1) + Math.sin(1.7 * 12 + 1), 5);
});

test('what is not supported is refused in one clear line', async () => {
  await setBackend('wasm');
  const run = (name: string, inputs: Record<string, Tensor>, attributes: object) => () =>
    engine().runKernel(name, inputs, attributes as NamedAttrMap);
  const x = [1, 5, 5, 2];
  const inputs = { x: wave(x, 1), dy: wave(x, 2) };
  const depthwise = 'DepthwiseConv2dNativeBackpropFilter';
  const dilated = { strides: 1, pad: 'same', dilations: 2, filterShape: [3, 3, 2, 1] };
  const several = { strides: 1, pad: 'same', dilations: 1, filterShape: [3, 3, 2, 2] };
  const channelsFirst = { strides: 1, pad: 'same', dataFormat: 'NCHW', filterShape: [3, 3, 2, 2] };
  expect(run(depthwise, inputs, dilated)).toThrow(FastpathError);
  expect(run(depthwise, inputs, several)).toThrow(/several filters per channel/);
  expect(run('Conv2DBackpropFilter', inputs, channelsFirst)).toThrow(/NCHW/);
  const integers = { x: tensor([1, 2], [2], 'int32'), segmentIds: tensor([0, 0], [2], 'int32') };
  expect(run('UnsortedSegmentSum', integers, { numSegments: 1 })).toThrow(/int32/);
});
