/**
 * @file Networks and their parts in TensorFlow.js, as its converter leaves them: batch norm folded into convolutions,
 * bias and ReLU6 fused with them. Tensors are NHWC.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../../shared/architecture/layers.ts';
import { layersOfPart, type NamedPart } from '../../../shared/latency/part.ts';
import { type WeightSource, weightDims } from '../../../shared/onnx/weights.ts';

/** One step of a network; what it makes is a new tensor. */
type Operation = (input: tf.Tensor) => tf.Tensor;

/** Holds a weight until the network is disposed of. */
type Keep = (tensor: tf.Tensor) => tf.Tensor;

export interface TfjsNetwork {
  /** the output for one input, which stays; what lies between is disposed of as soon as nothing needs it */
  run(input: tf.Tensor): tf.Tensor;
  dispose(): void;
}

/** @param weights in ONNX order; of no parts: a network that only passes its input on */
export function buildNetwork(parts: readonly NamedPart[], weights: WeightSource): TfjsNetwork {
  const held: tf.Tensor[] = [];
  const keep: Keep = (tensor) => {
    held.push(tensor);
    return tensor;
  };
  const operations = parts.map((part) => partOperation(part, weights, keep));
  return { run: chain(operations), dispose: () => tf.dispose(held) };
}

function partOperation({ name, part }: NamedPart, weights: WeightSource, keep: Keep): Operation {
  const layers = layersOfPart(part);
  const layer = (i: number, ownName: string, activation: 'relu6' | 'linear') =>
    layerOperation(layers.at(i)!, activation, weights(`${name}/${ownName}`, layers.at(i)!), keep);
  switch (part.kind) {
    case 'stem':
      return layer(0, 'conv', 'relu6');
    case 'head':
      return chain([layer(0, 'conv', 'relu6'), (maps) => tf.mean(maps, [1, 2])]);
    case 'classifier':
      return layer(0, 'linear', 'linear');
    case 'mbconv': {
      const expand = layers.length === 3 ? [layer(0, 'expand', 'relu6')] : [];
      const body = chain([...expand, layer(-2, 'depthwise', 'relu6'), layer(-1, 'project', 'linear')]);
      if (!part.block.shortcut) return body;
      return (input) => {
        const projected = body(input);
        const sum = tf.add(projected, input);
        projected.dispose();
        return sum;
      };
    }
  }
}

function chain(operations: readonly Operation[]): Operation {
  return (input) => {
    let tensor = tf.clone(input);
    for (const operation of operations) {
      const next = operation(tensor);
      tensor.dispose();
      tensor = next;
    }
    return tensor;
  };
}

function layerOperation(
  layer: Layer,
  activation: 'relu6' | 'linear',
  { weight, bias: biasValues }: ReturnType<WeightSource>,
  keep: Keep,
): Operation {
  const bias = keep(tf.tensor1d(biasValues));
  const onnxWeight = tf.tensor(weight, weightDims(layer));
  const arranged = (order: number[]) => {
    const tensor = keep(tf.transpose(onnxWeight, order));
    onnxWeight.dispose();
    return tensor;
  };
  const strides = layer.stride;
  const pad = layer.kernel >> 1;
  switch (layer.kind) {
    case 'conv': {
      const filter = arranged([2, 3, 1, 0]) as tf.Tensor4D;
      return (x) => tf.fused.conv2d({ x: x as tf.Tensor4D, filter, strides, pad, bias, activation });
    }
    case 'depthwise': {
      const filter = arranged([2, 3, 0, 1]) as tf.Tensor4D;
      return (x) => tf.fused.depthwiseConv2d({ x: x as tf.Tensor4D, filter, strides, pad, bias, activation });
    }
    case 'linear': {
      const b = arranged([1, 0]);
      return (a) => tf.fused.matMul({ a, b, bias });
    }
    case 'pool':
      throw new Error('a pooling has no weights');
  }
}
