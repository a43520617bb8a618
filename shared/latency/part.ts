/**
 * @file The parts of a network that are timed one by one: stem, blocks, head, classifier. Every part carries all that
 * its cost depends on, so that equal parts of different networks share one table entry.
 */
import { blockLayers, headLayers, type Layer, outputSize, stemLayers } from '../architecture/layers.ts';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import type { SupernetPlan } from '../space/plan.ts';

export type Part =
  /** 3×3 convolution from the 3 colour channels, batch norm, ReLU6 */
  | { kind: 'stem'; stride: 1 | 2; channels: number; inputSize: number }
  | { kind: 'mbconv'; block: MbconvBlock; inputSize: number }
  /** 1×1 convolution, batch norm, ReLU6, global average pool */
  | { kind: 'head'; in: number; channels: number; inputSize: number }
  /** the linear layer from pooled features [in] to logits [classes] */
  | { kind: 'classifier'; in: number; classes: number };

export interface NamedPart {
  /** where it stands in its network: `stem`, `block 3`, `head`, `classifier` */
  name: string;
  part: Part;
}

/** How `partsOf` names the part at `position` (from 0) of a network with so many parts. */
export function partName(position: number, parts: number): string {
  if (position === 0) return 'stem';
  if (position === parts - 1) return 'classifier';
  return position === parts - 2 ? 'head' : `block ${position}`;
}

/** The parts of an architecture in the order they run; blocks are counted from 1. */
export function partsOf(architecture: Architecture): NamedPart[] {
  const { stem, blocks, head, resolution, classes } = architecture;
  const parts: NamedPart[] = [
    { name: 'stem', part: { kind: 'stem', stride: stem.stride, channels: stem.channels, inputSize: resolution } },
  ];
  let inputSize = outputSize(resolution, stem.kernel, stem.stride);
  let width = stem.channels;
  blocks.forEach((block, i) => {
    parts.push({ name: `block ${i + 1}`, part: { kind: 'mbconv', block, inputSize } });
    inputSize = outputSize(inputSize, block.kernel, block.stride);
    width = block.out;
  });
  parts.push({ name: 'head', part: { kind: 'head', in: width, channels: head.channels, inputSize } });
  parts.push({ name: 'classifier', part: { kind: 'classifier', in: head.channels, classes } });
  return parts;
}

/** The parts that every path of a plan has: stem, first block, head, classifier. */
export function fixedParts({ stem, first, blocks, head, resolution, classes }: SupernetPlan): NamedPart[] {
  const last = blocks.at(-1)!;
  return [
    { name: 'stem', part: { kind: 'stem', stride: stem.stride, channels: stem.channels, inputSize: resolution } },
    {
      name: 'first block',
      part: { kind: 'mbconv', block: first, inputSize: outputSize(resolution, stem.kernel, stem.stride) },
    },
    {
      name: 'head',
      part: { kind: 'head', in: last.out, channels: head.channels, inputSize: last.inputSize / last.stride },
    },
    { name: 'classifier', part: { kind: 'classifier', in: head.channels, classes } },
  ];
}

/** The primitive layers of one part, in the order they run. */
export function layersOfPart(part: Part): Layer[] {
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

/** Dimensions of a part's input for one image: [1, channels, side, side], of the classifier [1, in]. */
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

/** Dimensions of a part's output for one image: [1, channels, side, side], of head and classifier [1, out]. */
export function outputDims(part: Part): number[] {
  const last = layersOfPart(part).at(-1)!;
  if (part.kind === 'head' || part.kind === 'classifier') return [1, last.out];
  return [1, last.out, last.outputSize, last.outputSize];
}
