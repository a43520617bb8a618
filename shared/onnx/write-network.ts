/**
 * @file Networks and their parts as ONNX files: one image, NCHW float32, input `input`, output `output`; batch norm
 * folded into convolutions, ReLU6 as Clip.
 */
import type { Layer } from '../architecture/layers.ts';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { inputDims, layersOfPart, type NamedPart, outputDims, type Part, partsOf } from '../latency/part.ts';
import { GraphBuilder } from './graph-builder.ts';
import { encodeModel } from './model-proto.ts';
import { randomWeights, type WeightSource } from './weights.ts';

export interface WriteOptions {
  /** seeds random weights */
  seed: number;
}

/** The whole network: [1, 3, resolution, resolution] → logits [1, classes]. */
export function writeNetwork(architecture: Architecture, { seed }: WriteOptions): Uint8Array {
  return writeParts(partsOf(architecture), randomWeights(seed));
}

/** One part alone, with what it takes in and gives out inside a network; the head gives pooled features [1, channels]. */
export function writePart(part: Part, { seed }: WriteOptions): Uint8Array {
  return writeParts([{ name: part.kind, part }], randomWeights(seed));
}

/** Parts one behind the other. Of no parts: a model that only passes its input [1, 1] on, what a call costs by itself. */
export function writeParts(parts: readonly NamedPart[], weights: WeightSource): Uint8Array {
  const builder = new GraphBuilder(weights);
  const first = parts[0]?.part;
  const last = parts.at(-1)?.part;
  if (first === undefined || last === undefined) {
    return encodeModel(builder.finish('empty', [1, 1], builder.identity('identity', 'input'), [1, 1]));
  }
  const output = parts.reduce((tensor, { name, part }) => addPart(builder, name, part, tensor), 'input');
  const name = parts.length === 1 ? first.kind : 'network';
  return encodeModel(builder.finish(name, inputDims(first), output, outputDims(last)));
}

/** One block alone: [1, in, inputSize, inputSize] → [1, out, inputSize / stride, inputSize / stride]. */
export function writeBlockModel(block: MbconvBlock, inputSize: number, options: WriteOptions): Uint8Array {
  return writePart({ kind: 'mbconv', block, inputSize }, options);
}

function addPart(builder: GraphBuilder, name: string, part: Part, input: string): string {
  const layers = layersOfPart(part);
  switch (part.kind) {
    case 'stem':
      return convRelu6(builder, `${name}/conv`, input, layers[0]!);
    case 'mbconv': {
      const [depthwise, project] = layers.slice(-2);
      const expanded = layers.length === 3 ? convRelu6(builder, `${name}/expand`, input, layers[0]!) : input;
      const filtered = convRelu6(builder, `${name}/depthwise`, expanded, depthwise!);
      const projected = builder.conv(`${name}/project`, filtered, project!);
      return part.block.shortcut ? builder.add(`${name}/add`, projected, input) : projected;
    }
    case 'head':
      return builder.averagePool(`${name}/pool`, convRelu6(builder, `${name}/conv`, input, layers[0]!));
    case 'classifier':
      return builder.linear(`${name}/linear`, input, layers[0]!);
  }
}

function convRelu6(builder: GraphBuilder, name: string, input: string, layer: Layer): string {
  return builder.relu6(`${name}/relu6`, builder.conv(name, input, layer));
}
