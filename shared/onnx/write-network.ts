/**
 * @file Networks and their parts as ONNX files: one image, NCHW float32, input `input`, output `output`; batch norm
 * folded into convolutions, ReLU6 as Clip.
 */
import { blockLayers, headLayers, type Layer, stemLayers } from '../architecture/layers.ts';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { type Part, partsOf } from '../latency/part.ts';
import { GraphBuilder } from './graph-builder.ts';
import { encodeModel } from './model-proto.ts';
import { randomWeights, type WeightSource } from './weights.ts';

export interface WriteOptions {
  /** seeds random weights */
  seed: number;
}

/** The whole network: [1, 3, resolution, resolution] → logits [1, classes]. */
export function writeNetwork(architecture: Architecture, { seed }: WriteOptions): Uint8Array {
  const parts = partsOf(architecture);
  return write('network', parts, randomWeights(seed));
}

/** One part alone, with what it takes in and gives out inside a network; the head gives pooled features [1, channels]. */
export function writePart(part: Part, { seed }: WriteOptions): Uint8Array {
  return write(part.kind, [{ name: part.kind, part }], randomWeights(seed));
}

/** One block alone: [1, in, inputSize, inputSize] → [1, out, inputSize / stride, inputSize / stride]. */
export function writeBlockModel(block: MbconvBlock, inputSize: number, options: WriteOptions): Uint8Array {
  return writePart({ kind: 'mbconv', block, inputSize }, options);
}

/** A model that only passes its input [1, 1] on: what a call costs by itself. */
export function writeEmptyModel(): Uint8Array {
  const builder = new GraphBuilder(randomWeights(0));
  return encodeModel(builder.finish('empty', [1, 1], builder.identity('identity', 'input'), [1, 1]));
}

/** Dimensions of a part's input for one image. */
export function inputDims(part: Part): number[] {
  switch (part.kind) {
    case 'stem':
      return [1, 3, part.inputSize, part.inputSize];
    case 'mbconv':
      return [1, part.block.in, part.inputSize, part.inputSize];
    case 'head':
      return [1, part.in, part.inputSize, part.inputSize];
    case 'classifier':
      return [1, part.in];
  }
}

/** Dimensions of a part's output for one image. */
export function outputDims(part: Part): number[] {
  const last = partLayers(part).at(-1)!;
  if (part.kind === 'head' || part.kind === 'classifier') return [1, last.out];
  return [1, last.out, last.outputSize, last.outputSize];
}

function write(graphName: string, parts: readonly { name: string; part: Part }[], weights: WeightSource): Uint8Array {
  const builder = new GraphBuilder(weights);
  const output = parts.reduce((tensor, { name, part }) => addPart(builder, name, part, tensor), 'input');
  const graph = builder.finish(graphName, inputDims(parts[0]!.part), output, outputDims(parts.at(-1)!.part));
  return encodeModel(graph);
}

function partLayers(part: Part): Layer[] {
  switch (part.kind) {
    case 'stem':
      return stemLayers({ kernel: 3, stride: part.stride, channels: part.channels }, part.inputSize);
    case 'mbconv':
      return blockLayers(part.block, part.inputSize, 'block');
    case 'head':
      return headLayers({ head: { channels: part.channels }, classes: 2 }, part.in, part.inputSize).slice(0, 2);
    case 'classifier':
      return headLayers({ head: { channels: part.in }, classes: part.classes }, part.in, 1).slice(2);
  }
}

function addPart(builder: GraphBuilder, name: string, part: Part, input: string): string {
  const layers = partLayers(part);
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
