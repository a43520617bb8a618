/** @file Costs of a network and of its single blocks: multiply-adds, parameters, peak activation memory. */
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { architectureId } from './identity.ts';
import { blockLayers, type Layer, layersOf } from './layers.ts';

const float32Bytes = 4;

export interface Cost {
  macs: number;
  parameters: number;
  peakActivationBytes: number;
}

export interface BlockRow {
  /** `stem`, `block 1` …, `head`, `classifier` */
  name: string;
  op: 'conv' | 'mbconv' | 'linear';
  in: number;
  out: number;
  /** side of the square input and output in pixels */
  inputSize: number;
  outputSize: number;
  kernel?: number;
  expansion?: number;
  stride: number;
  macs: number;
  parameters: number;
  /** the block's own peak, counted as `peakActivationBytes` is */
  activationBytes: number;
}

export interface Description extends Cost {
  id: string;
  /** every part of the network in order; their MACs and parameters sum to the totals */
  blocks: BlockRow[];
}

/**
 * Costs of a list of layers. `macs`: multiply-adds of convolutions and the classifier. `parameters`: every trainable
 * number (weights, batch-norm scale and shift, classifier bias). `peakActivationBytes`: inference of one image in
 * float32, one layer after the other, batch norm and activation in place: the maximum over layers of input + output +
 * a shortcut tensor held alive beside them.
 */
export function costOf(layers: readonly Layer[]): Cost {
  const cost: Cost = { macs: 0, parameters: 0, peakActivationBytes: 0 };
  for (const layer of layers) {
    cost.macs += layer.macs;
    cost.parameters += layer.parameters;
    const elements = layer.in * layer.inputSize ** 2 + layer.out * layer.outputSize ** 2 + layer.heldElements;
    cost.peakActivationBytes = Math.max(cost.peakActivationBytes, elements * float32Bytes);
  }
  return cost;
}

/** Multiply-adds of one block on an input of side `inputSize`. */
export function macsOf(block: MbconvBlock, inputSize: number): number {
  return costOf(blockLayers(block, inputSize, 'block')).macs;
}

/** Trainable numbers of one block; they do not depend on the input's side. */
export function parametersOf(block: MbconvBlock): number {
  return costOf(blockLayers(block, 1, 'block')).parameters;
}

/** Peak activation memory while one block runs on an input of side `inputSize`, counted as in `costOf`. */
export function blockPeakActivationBytes(block: MbconvBlock, inputSize: number): number {
  return costOf(blockLayers(block, inputSize, 'block')).peakActivationBytes;
}

/** Id, totals and a table with one row a block; see `costOf` for what the numbers count. */
export function describe(architecture: Architecture): Description {
  const layers = layersOf(architecture);
  const byBlock = new Map<string, Layer[]>();
  for (const layer of layers) byBlock.set(layer.block, [...(byBlock.get(layer.block) ?? []), layer]);
  // The first entry is the stem, then one for each block, then head and classifier.
  const blocks = [...byBlock].map(([name, own], i) => row(name, own, architecture.blocks[i - 1]));
  return { id: architectureId(architecture), ...costOf(layers), blocks };
}

function row(name: string, layers: readonly Layer[], block: MbconvBlock | undefined): BlockRow {
  const first = layers[0]!;
  const last = layers.at(-1)!;
  const { macs, parameters, peakActivationBytes: activationBytes } = costOf(layers);
  const shape = { in: first.in, out: last.out, inputSize: first.inputSize, outputSize: last.outputSize };
  const costs = { macs, parameters, activationBytes };
  if (block !== undefined) {
    const { kernel, expansion, stride } = block;
    return { name, op: 'mbconv', ...shape, kernel, expansion, stride, ...costs };
  }
  if (first.kind === 'linear') return { name, op: 'linear', ...shape, stride: 1, ...costs };
  return { name, op: 'conv', ...shape, kernel: first.kernel, stride: first.stride, ...costs };
}
