/**
 * @file A network as its primitive layers: each convolution, the pooling and the classifier, with shapes and costs.
 * Every other count (MACs, parameters, memory) is a sum or a maximum over this list.
 */
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';

export interface Layer {
  /** the block it belongs to: `stem`, `block 1` …, `head`, `classifier` */
  block: string;
  kind: 'conv' | 'depthwise' | 'pool' | 'linear';
  kernel: number;
  stride: number;
  in: number;
  out: number;
  /** side of the square input and output in pixels */
  inputSize: number;
  outputSize: number;
  /** multiply-adds of one image; the pooling counts none */
  macs: number;
  /** weights, batch-norm scale and shift, classifier bias */
  parameters: number;
  /** numbers in a shortcut tensor that stays alive beside this layer's own input and output */
  heldElements: number;
}

/** Output side of a convolution with padding k >> 1 on each side: floor((n + 2(k >> 1) - k) / s) + 1. */
export function outputSize(inputSize: number, kernel: number, stride: number): number {
  return Math.floor((inputSize + 2 * (kernel >> 1) - kernel) / stride) + 1;
}

/** Channels between expansion and projection: round(in · expansion). */
export function hiddenWidth(block: Pick<MbconvBlock, 'in' | 'expansion'>): number {
  return Math.round(block.in * block.expansion);
}

interface Convolution {
  block: string;
  kernel: number;
  stride: number;
  in: number;
  out: number;
  inputSize: number;
  heldElements: number;
}

function conv(shape: Convolution): Layer {
  const side = outputSize(shape.inputSize, shape.kernel, shape.stride);
  const weights = shape.kernel ** 2 * shape.in * shape.out;
  return { ...shape, kind: 'conv', outputSize: side, macs: weights * side ** 2, parameters: weights + 2 * shape.out };
}

function depthwise(shape: Convolution): Layer {
  const side = outputSize(shape.inputSize, shape.kernel, shape.stride);
  const weights = shape.kernel ** 2 * shape.out;
  return {
    ...shape,
    kind: 'depthwise',
    outputSize: side,
    macs: weights * side ** 2,
    parameters: weights + 2 * shape.out,
  };
}

/** The stem convolution on a 3-channel image of `resolution` × `resolution` pixels. */
export function stemLayers(stem: Architecture['stem'], resolution: number): Layer[] {
  const { kernel, stride, channels } = stem;
  return [conv({ block: 'stem', kernel, stride, in: 3, out: channels, inputSize: resolution, heldElements: 0 })];
}

/** Expansion (none at expansion 1), depthwise and projection of one block whose input has side `inputSize`. */
export function blockLayers(block: MbconvBlock, inputSize: number, name: string): Layer[] {
  const hidden = hiddenWidth(block);
  const held = block.shortcut ? block.in * inputSize ** 2 : 0;
  const layers: Layer[] = [];
  const pointwise = { block: name, kernel: 1, stride: 1 };
  if (block.expansion !== 1) {
    layers.push(conv({ ...pointwise, in: block.in, out: hidden, inputSize, heldElements: 0 }));
  }
  // The first layer of a block reads the shortcut tensor itself, so that only later layers hold it beside their input.
  const heldByDepthwise = layers.length > 0 ? held : 0;
  const { kernel, stride } = block;
  layers.push(
    depthwise({ block: name, kernel, stride, in: hidden, out: hidden, inputSize, heldElements: heldByDepthwise }),
  );
  const projectSize = outputSize(inputSize, kernel, stride);
  layers.push(conv({ ...pointwise, in: hidden, out: block.out, inputSize: projectSize, heldElements: held }));
  return layers;
}

/** Head convolution, global average pooling and classifier behind `channels` maps of side `inputSize`. */
export function headLayers(
  network: Pick<Architecture, 'head' | 'classes'>,
  channels: number,
  inputSize: number,
): Layer[] {
  const { head, classes } = network;
  const pooled = { in: head.channels, outputSize: 1, heldElements: 0 };
  return [
    conv({ block: 'head', kernel: 1, stride: 1, in: channels, out: head.channels, inputSize, heldElements: 0 }),
    {
      ...pooled,
      block: 'head',
      kind: 'pool',
      kernel: inputSize,
      stride: 1,
      out: head.channels,
      inputSize,
      macs: 0,
      parameters: 0,
    },
    {
      ...pooled,
      block: 'classifier',
      kind: 'linear',
      kernel: 1,
      stride: 1,
      out: classes,
      inputSize: 1,
      macs: head.channels * classes,
      parameters: head.channels * classes + classes,
    },
  ];
}

/** All layers of an architecture in order of execution. */
export function layersOf(architecture: Architecture): Layer[] {
  const layers = stemLayers(architecture.stem, architecture.resolution);
  for (const [i, block] of architecture.blocks.entries()) {
    layers.push(...blockLayers(block, layers.at(-1)!.outputSize, `block ${i + 1}`));
  }
  const last = layers.at(-1)!;
  layers.push(...headLayers(architecture, last.out, last.outputSize));
  return layers;
}
