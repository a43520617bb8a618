/** @file Where a written network's numbers come from, by layer. */
import type { Layer } from '../architecture/layers.ts';
import { Random } from '../random.ts';

/** Batch norm is in the weights already. */
export interface FoldedWeights {
  /** conv: [out, in, k, k]; depthwise: [out, 1, k, k]; linear: [out, in] */
  weight: Float32Array;
  /** [out] */
  bias: Float32Array;
}

/** A convolution without bias, and the batch norm behind it with its running statistics, each [out]. */
export interface UnfoldedWeights {
  weight: Float32Array;
  norm: {
    scale: Float32Array;
    shift: Float32Array;
    mean: Float32Array;
    variance: Float32Array;
    /** added to the variance */
    epsilon: number;
  };
}

/** @param name unique in the network, e.g. `block 3/expand` */
export type WeightSource<Weights = FoldedWeights> = (name: string, layer: Layer) => Weights;

/** Dimensions of a layer's weight in ONNX order. */
export function weightDims(layer: Layer): number[] {
  if (layer.kind === 'linear') return [layer.out, layer.in];
  return [layer.out, layer.kind === 'depthwise' ? 1 : layer.in, layer.kernel, layer.kernel];
}

/**
 * Seeded random weights, normal with variance 2 / fan in, which keeps activations at one scale through all depths: no
 * denormal numbers, which would slow a timing down. Each layer draws from a stream of its own name.
 */
export function randomWeights(seed: number): WeightSource {
  return (name, layer) => {
    const random = Random.named(seed, name);
    const dims = weightDims(layer);
    const fanIn = dims.slice(1).reduce((product, dim) => product * dim, 1);
    const deviation = Math.sqrt(2 / fanIn);
    return {
      weight: Float32Array.from({ length: fanIn * layer.out }, () => deviation * random.normal()),
      bias: Float32Array.from({ length: layer.out }, () => 0.1 * random.normal()),
    };
  };
}

/**
 * Seeded random weights that are equal for layers of equal shape, each shape drawn once: for hundreds of networks that
 * are only timed, drawing every layer anew would take longer than the timing.
 */
export function weightsByShape(seed: number): WeightSource {
  const draw = randomWeights(seed);
  const drawn = new Map<string, FoldedWeights>();
  return (_, layer) => {
    const shape = `${layer.kind} ${weightDims(layer).join('x')}`;
    const known = drawn.get(shape) ?? draw(shape, layer);
    drawn.set(shape, known);
    return known;
  };
}
