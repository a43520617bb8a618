/** @file Networks and their parts as ONNX files: NCHW float32, input `input`, output `output`, ReLU6 as Clip. */
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { addNetwork, addPart, outputsOf } from '../graph/build-network.ts';
import { inputDims, type NamedPart, outputDims, type Part, partsOf } from '../latency/part.ts';
import { GraphBuilder } from './graph-builder.ts';
import { encodeModel } from './model-proto.ts';
import { type FoldedWeights, randomWeights, type UnfoldedWeights, type WeightSource } from './weights.ts';

export interface WriteOptions {
  /** seeds random weights */
  seed: number;
}

/** The whole network: [1, 3, resolution, resolution] → logits [1, classes]. */
export function writeNetwork(architecture: Architecture, { seed }: WriteOptions): Uint8Array {
  return writeParts(partsOf(architecture), randomWeights(seed));
}

/**
 * The whole network for any number of images, `batch` of them: [batch, 3, resolution, resolution] → logits `output`
 * [batch, classes], or with `features` the maps `stride4` … of each stride instead.
 * @param weights batch norm is a node of its own where they leave it unfolded
 * @param metadata what the model says of itself, by key
 */
export function writeBatchNetwork(
  architecture: Architecture,
  weights: WeightSource<FoldedWeights | UnfoldedWeights>,
  { features, metadata }: { features: boolean; metadata: Readonly<Record<string, string>> },
): Uint8Array {
  const builder = new GraphBuilder(weights);
  const tensors = addNetwork(builder, architecture, features, 'input');
  const forBatch = ([, ...dims]: readonly number[]) => ['batch', ...dims];
  const outputs = outputsOf(architecture, features).map(({ name, dims }, i) => {
    return { tensor: tensors[i]!, name, dims: forBatch(dims) };
  });
  const { resolution } = architecture;
  const graph = builder.finish('network', forBatch([1, 3, resolution, resolution]), outputs);
  return encodeModel(graph, metadata);
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
    const output = { tensor: builder.identity('identity', 'input'), name: 'output', dims: [1, 1] };
    return encodeModel(builder.finish('empty', [1, 1], [output]));
  }
  const tensor = parts.reduce((input, { name, part }) => addPart(builder, name, part, input), 'input');
  const name = parts.length === 1 ? first.kind : 'network';
  return encodeModel(builder.finish(name, inputDims(first), [{ tensor, name: 'output', dims: outputDims(last) }]));
}

/** One block alone: [1, in, inputSize, inputSize] → [1, out, inputSize / stride, inputSize / stride]. */
export function writeBlockModel(block: MbconvBlock, inputSize: number, options: WriteOptions): Uint8Array {
  return writePart({ kind: 'mbconv', block, inputSize }, options);
}
