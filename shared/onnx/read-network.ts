/** @file From the bytes of an ONNX model to its network, all shapes known. */
import { inferShapes, type TypedGraph } from './infer-shapes.ts';
import { readModel } from './read-model.ts';

/**
 * The network in a model's bytes, with or without weights.
 * @param input the dimensions of its input where the model leaves them open
 * @throws FastpathError `onnx.malformed`, `onnx.too-large`, `onnx.input`, `onnx.cyclic`, `onnx.shape`
 */
export function readNetwork(bytes: Uint8Array, input?: readonly number[]): TypedGraph {
  return inferShapes(readModel(bytes), input);
}
