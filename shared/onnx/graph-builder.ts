/** @file Builds an ONNX graph front to back. Maps are [batch, channels, n, n]. */
import type { Layer } from '../architecture/layers.ts';
import type { LayerBuilder } from '../graph/build-network.ts';
import type { Attribute, Dim, OnnxGraph, OnnxNode, OnnxTensor } from './model-proto.ts';
import { type FoldedWeights, type UnfoldedWeights, type WeightSource, weightDims } from './weights.ts';

export interface GraphOutput {
  /** as the builder named it */
  tensor: string;
  /** as the model is to name it */
  name: string;
  dims: readonly Dim[];
}

export class GraphBuilder implements LayerBuilder {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxTensor[] = [];

  constructor(private readonly weights: WeightSource<FoldedWeights | UnfoldedWeights>) {}

  conv(name: string, input: string, layer: Layer, relu6: boolean): string {
    const { kernel, stride } = layer;
    const pad = kernel >> 1;
    const attributes = {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [pad, pad, pad, pad] },
      group: { int: layer.kind === 'depthwise' ? layer.in : 1 },
    };
    const weights = this.weights(name, layer);
    const weight = this.tensor(`${name}/weight`, weightDims(layer), weights.weight);
    const output =
      'bias' in weights
        ? this.node('Conv', name, [input, weight, this.vector(`${name}/bias`, weights.bias)], attributes)
        : this.batchNorm(`${name}/bn`, this.node('Conv', name, [input, weight], attributes), weights);
    if (!relu6) return output;
    return this.node('Clip', `${name}/relu6`, [output, this.scalar('zero', 0), this.scalar('six', 6)]);
  }

  add(name: string, left: string, right: string): string {
    return this.node('Add', name, [left, right]);
  }

  averagePool(name: string, input: string): string {
    const pooled = this.node('GlobalAveragePool', name, [input]);
    return this.node('Flatten', `${name}/flatten`, [pooled], { axis: { int: 1 } });
  }

  linear(name: string, input: string, layer: Layer): string {
    const weights = this.weights(name, layer);
    if (!('bias' in weights)) throw new Error('a linear layer has no batch norm');
    const weight = this.tensor(`${name}/weight`, weightDims(layer), weights.weight);
    return this.node('Gemm', name, [input, weight, this.vector(`${name}/bias`, weights.bias)], { transB: { int: 1 } });
  }

  identity(name: string, input: string): string {
    return this.node('Identity', name, [input]);
  }

  /** The graph from `input`, of dimensions `inputDims`, to the outputs, whose tensors take their names. */
  finish(name: string, inputDims: readonly Dim[], outputs: readonly GraphOutput[]): OnnxGraph {
    const names = new Map(outputs.map(({ tensor, name }) => [tensor, name]));
    const renamed = (tensors: readonly string[]) => tensors.map((tensor) => names.get(tensor) ?? tensor);
    return {
      name,
      nodes: this.nodes.map((node) => ({
        ...node,
        inputs: renamed(node.inputs),
        outputs: renamed(node.outputs),
      })),
      initializers: this.initializers,
      inputs: [{ name: 'input', dims: inputDims }],
      outputs: outputs.map(({ name, dims }) => ({ name, dims })),
    };
  }

  private batchNorm(name: string, input: string, { norm }: UnfoldedWeights): string {
    const vectors = (['scale', 'shift', 'mean', 'variance'] as const).map((each) =>
      this.vector(`${name}/${each}`, norm[each]),
    );
    return this.node('BatchNormalization', name, [input, ...vectors], { epsilon: { float: norm.epsilon } });
  }

  private node(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    this.nodes.push({ name, op, inputs, outputs: [name], attributes });
    return name;
  }

  private tensor(name: string, dims: readonly number[], data: Float32Array): string {
    this.initializers.push({ name, dims, data });
    return name;
  }

  private vector(name: string, data: Float32Array): string {
    return this.tensor(name, [data.length], data);
  }

  private scalar(name: string, value: number): string {
    if (this.initializers.some((tensor) => tensor.name === name)) return name;
    return this.tensor(name, [], Float32Array.of(value));
  }
}
