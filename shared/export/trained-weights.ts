/**
 * @file Trained weights, as the weights file has them, for the files of other runtimes. The file has convolutions as
 * [k, k, in, out] and [k, k, channels, 1], the classifier as [in, out], and batch norm apart.
 */
import type { Layer } from '../architecture/layers.ts';
import type { FoldedWeights, UnfoldedWeights, WeightSource } from '../onnx/weights.ts';
import { moveAxes } from '../weights/move-axes.ts';
import type { Tensor } from '../weights/tensor.ts';

/** Added to the variance by every batch norm of every network here. */
export const batchNormEpsilon = 1e-3;

/** What the weights file holds, known to fit the architecture. */
export type TrainedTensors = ReadonlyMap<string, Tensor>;

/** A layer's name in the weights file: of `block 3/expand` that is `blocks.2.expand`, of `stem/conv` `stem`. */
export function trainedName(name: string): string {
  const [part, layer] = name.split('/') as [string, string];
  const block = /^block (\d+)$/.exec(part);
  return block === null ? part : `blocks.${Number(block[1]) - 1}.${layer}`;
}

/** Batch norm folded into the convolutions. */
export function foldedWeights(tensors: TrainedTensors): WeightSource {
  const unfolded = unfoldedWeights(tensors);
  return (name, layer) => {
    const weights = unfolded(name, layer);
    if ('bias' in weights) return weights;
    const { weight, norm } = weights;
    const perOutput = weight.length / layer.out;
    const factors = Float64Array.from(norm.scale, (scale, o) => scale / Math.sqrt(norm.variance[o]! + norm.epsilon));
    return {
      weight: weight.map((value, i) => value * factors[Math.floor(i / perOutput)]!),
      bias: norm.shift.map((shift, o) => shift - norm.mean[o]! * factors[o]!),
    };
  };
}

/** Batch norm as it was trained; the classifier has none. */
export function unfoldedWeights(tensors: TrainedTensors): WeightSource<FoldedWeights | UnfoldedWeights> {
  return (name, layer) => {
    const prefix = trainedName(name);
    const values = (own: string) => tensors.get(`${prefix}.${own}`)!.data as Float32Array;
    const weight = outputFirst(tensors.get(`${prefix}.weight`)!, layer);
    if (layer.kind === 'linear') return { weight, bias: values('bias') };
    const norm = { scale: values('bn.scale'), shift: values('bn.shift') };
    const running = { mean: values('bn.mean'), variance: values('bn.variance') };
    return { weight, norm: { ...norm, ...running, epsilon: batchNormEpsilon } };
  };
}

/** From the file's order to [out, in, k, k], [channels, 1, k, k] or [out, in]. */
function outputFirst(tensor: Tensor, { kind }: Layer): Float32Array {
  if (kind === 'linear') return moveAxes(tensor, [1, 0]).data;
  return moveAxes(tensor, kind === 'depthwise' ? [2, 3, 0, 1] : [3, 2, 0, 1]).data;
}
