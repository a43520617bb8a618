/** @file Written models run in ONNX Runtime and give the numbers that plain loops give. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { blockLayers, type Layer, layersOf } from '../architecture/layers.ts';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { inputDims, outputDims } from '../latency/part.ts';
import { Random } from '../random.ts';
import { randomWeights } from './weights.ts';
import { writeBlockModel, writeNetwork, writePart } from './write-network.ts';

interface Maps {
  channels: number;
  size: number;
  data: Float64Array;
}

/** Convolution by definition, in double precision. */
function convolve(input: Maps, layer: Layer, name: string, seed: number): Maps {
  const { weight, bias } = randomWeights(seed)(name, layer);
  const { kernel, stride, out } = layer;
  const size = Math.floor((input.size + 2 * (kernel >> 1) - kernel) / stride) + 1;
  const data = new Float64Array(out * size * size);
  const depthwise = layer.kind === 'depthwise';
  for (let o = 0; o < out; o++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        let sum = bias[o]!;
        for (let i = 0; i < (depthwise ? 1 : input.channels); i++) {
          const channel = depthwise ? o : i;
          const row = (depthwise ? o : o * input.channels + i) * kernel * kernel;
          for (let dy = 0; dy < kernel; dy++) {
            for (let dx = 0; dx < kernel; dx++) {
              const sy = y * stride + dy - (kernel >> 1);
              const sx = x * stride + dx - (kernel >> 1);
              if (sy < 0 || sx < 0 || sy >= input.size || sx >= input.size) continue;
              sum += weight[row + dy * kernel + dx]! * input.data[(channel * input.size + sy) * input.size + sx]!;
            }
          }
        }
        data[(o * size + y) * size + x] = sum;
      }
    }
  }
  return { channels: out, size, data };
}

const relu6 = (maps: Maps): Maps => ({ ...maps, data: maps.data.map((v) => Math.min(6, Math.max(0, v))) });

function referenceBlock(input: Maps, block: MbconvBlock, name: string, seed: number): Maps {
  const layers = blockLayers(block, input.size, name);
  let maps = input;
  if (layers.length === 3) maps = relu6(convolve(maps, layers[0]!, `${name}/expand`, seed));
  maps = relu6(convolve(maps, layers.at(-2)!, `${name}/depthwise`, seed));
  maps = convolve(maps, layers.at(-1)!, `${name}/project`, seed);
  return block.shortcut ? { ...maps, data: maps.data.map((v, i) => v + input.data[i]!) } : maps;
}

function randomMaps(channels: number, size: number): Maps {
  const random = Random.named(7, 'input');
  const data = Float64Array.from({ length: channels * size * size }, () => Math.fround(2 * random.normal()));
  return { channels, size, data };
}

async function run(model: Uint8Array, input: Maps, dims: number[]): Promise<Float32Array> {
  const session = await InferenceSession.create(model);
  const { output } = await session.run({ input: new Tensor('float32', Float32Array.from(input.data), dims) });
  return output!.data as Float32Array;
}

function expectClose(actual: Float32Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  expect(scale).toBeGreaterThan(0.5);
  expect(worst / scale).toBeLessThan(1e-5);
}

const block = (fields: Partial<MbconvBlock>): MbconvBlock => ({
  op: 'mbconv',
  kernel: 5,
  expansion: 3,
  stride: 1,
  in: 4,
  out: 4,
  shortcut: true,
  ...fields,
});

describe('a written block', () => {
  it.each([
    ['stride 1 with a shortcut', block({}), 6],
    ['stride 2', block({ kernel: 7, stride: 2, out: 6, shortcut: false }), 8],
    ['odd size, stride 2, fractional expansion', block({ stride: 2, expansion: 1.5, out: 3, shortcut: false }), 7],
    ['expansion 1', block({ kernel: 3, expansion: 1, out: 5, shortcut: false }), 5],
    ['a kernel wider than its input', block({ kernel: 7 }), 2],
  ])('gives the numbers of plain loops: %s', async (_, shape, size) => {
    const input = randomMaps(shape.in, size);
    const actual = await run(writeBlockModel(shape, size, { seed: 3 }), input, [1, shape.in, size, size]);
    expectClose(actual, referenceBlock(input, shape, 'mbconv', 3).data);
  });
});

describe('a written network', () => {
  const architecture: Architecture = {
    format: 'fastpath.architecture/1',
    resolution: 16,
    classes: 5,
    stem: { kernel: 3, stride: 2, channels: 8 },
    blocks: [
      block({ kernel: 3, expansion: 1, in: 8, out: 4, shortcut: false }),
      block({ kernel: 5 }),
      block({ kernel: 7, stride: 2, out: 6, shortcut: false }),
    ],
    head: { channels: 12 },
  };

  it('gives the logits of plain loops', async () => {
    const seed = 11;
    const image = randomMaps(3, 16);
    const layers = layersOf(architecture);
    let maps = relu6(convolve(image, layers[0]!, 'stem/conv', seed));
    for (const [i, b] of architecture.blocks.entries()) maps = referenceBlock(maps, b, `block ${i + 1}`, seed);
    maps = relu6(convolve(maps, layers.at(-3)!, 'head/conv', seed));
    const features = Array.from({ length: maps.channels }, (_, c) => {
      const own = maps.data.subarray(c * maps.size ** 2, (c + 1) * maps.size ** 2);
      return own.reduce((sum, v) => sum + v, 0) / own.length;
    });
    const { weight, bias } = randomWeights(seed)('classifier/linear', layers.at(-1)!);
    const logits = Float64Array.from(bias, (b, o) => features.reduce((sum, f, i) => sum + f * weight[o * 12 + i]!, b));
    expectClose(await run(writeNetwork(architecture, { seed }), image, [1, 3, 16, 16]), logits);
  });

  it('is the same file for the same seed, and another for another', () => {
    expect(writeNetwork(architecture, { seed: 1 })).toEqual(writeNetwork(architecture, { seed: 1 }));
    expect(writeNetwork(architecture, { seed: 1 })).not.toEqual(writeNetwork(architecture, { seed: 2 }));
  });
});

describe('a written part', () => {
  it.each([
    { kind: 'stem' as const, stride: 2 as const, channels: 8, inputSize: 9 },
    { kind: 'head' as const, in: 6, channels: 10, inputSize: 3 },
    { kind: 'classifier' as const, in: 10, classes: 7 },
  ])('states the shapes it is run with: $kind', async (part) => {
    const session = await InferenceSession.create(writePart(part, { seed: 1 }));
    const shapeOf = (values: readonly InferenceSession.ValueMetadata[]) =>
      values.map((value) => (value.isTensor ? value.shape : []));
    expect(shapeOf(session.inputMetadata)).toEqual([inputDims(part)]);
    expect(shapeOf(session.outputMetadata)).toEqual([outputDims(part)]);
    const input = new Tensor('float32', new Float32Array(inputDims(part).reduce((a, b) => a * b)), inputDims(part));
    const { output } = await session.run({ input });
    expect(output!.dims).toEqual(outputDims(part));
  });
});
