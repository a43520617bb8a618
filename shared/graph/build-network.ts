/**
 * @file A network as a graph, front to back, whatever the graph is written in: what parts are made of is said once,
 * here, and each file format brings a builder.
 */
import { featureTaps } from '../architecture/features.ts';
import type { Layer } from '../architecture/layers.ts';
import type { Architecture } from '../contract/architecture.ts';
import { layersOfPart, type Part, partsOf } from '../latency/part.ts';

/** Each method adds nodes and returns the name of the tensor that they make. */
export interface LayerBuilder {
  /** convolution padded by k >> 1 on each side, batch norm, and ReLU6 where asked for */
  conv(name: string, input: string, layer: Layer, relu6: boolean): string;
  add(name: string, left: string, right: string): string;
  /** mean over the maps, which leaves [batch, channels] */
  averagePool(name: string, input: string): string;
  linear(name: string, input: string, layer: Layer): string;
}

/** The tensor that holds the part's output. */
export function addPart(builder: LayerBuilder, name: string, part: Part, input: string): string {
  const layers = layersOfPart(part);
  switch (part.kind) {
    case 'stem':
      return builder.conv(`${name}/conv`, input, layers[0]!, true);
    case 'mbconv': {
      const [depthwise, project] = layers.slice(-2);
      const expanded = layers.length === 3 ? builder.conv(`${name}/expand`, input, layers[0]!, true) : input;
      const filtered = builder.conv(`${name}/depthwise`, expanded, depthwise!, true);
      const projected = builder.conv(`${name}/project`, filtered, project!, false);
      return part.block.shortcut ? builder.add(`${name}/add`, projected, input) : projected;
    }
    case 'head':
      return builder.averagePool(`${name}/pool`, builder.conv(`${name}/conv`, input, layers[0]!, true));
    case 'classifier':
      return builder.linear(`${name}/linear`, input, layers[0]!);
  }
}

export interface NetworkOutput {
  /** `output` for logits, `stride4` … for features */
  name: string;
  /** dimensions for one image: [1, classes], or [1, channels, size, size] */
  dims: number[];
  /** of features */
  stride: number | null;
}

/** What a network gives out: logits, or with `features` the maps of each stride instead. */
export function outputsOf(architecture: Architecture, features: boolean): NetworkOutput[] {
  if (!features) return [{ name: 'output', dims: [1, architecture.classes], stride: null }];
  return featureTaps(architecture).map(({ stride, channels, size }) => {
    return { name: `stride${stride}`, dims: [1, channels, size, size], stride };
  });
}

/**
 * The whole network behind the tensor `input`; with `features` only as far as its last tap.
 * @returns the tensors of `outputsOf`, in the same order
 */
export function addNetwork(
  builder: LayerBuilder,
  architecture: Architecture,
  features: boolean,
  input: string,
): string[] {
  // Parts are the stem, the blocks, the head and the classifier: block i is part i + 1.
  const parts = partsOf(architecture);
  const taps = features ? featureTaps(architecture).map(({ block }) => block + 1) : [parts.length - 1];
  const tensors: string[] = [];
  let tensor = input;
  for (const { name, part } of parts.slice(0, taps.at(-1)! + 1)) {
    tensor = addPart(builder, name, part, tensor);
    tensors.push(tensor);
  }
  return taps.map((position) => tensors[position]!);
}
