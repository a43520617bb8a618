/** @file Builds an ONNX graph front to back; each method adds nodes and returns the name of the tensor they make. */
import type { Layer } from '../architecture/layers.ts';
import type { Attribute, OnnxGraph, OnnxNode, OnnxTensor } from './model-proto.ts';
import { type WeightSource, weightDims } from './weights.ts';

export class GraphBuilder {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxTensor[] = [];

  constructor(private readonly weights: WeightSource) {}

  /** Convolution with bias, padded by k >> 1 on each side. Tensor [batch, in, n, n] → [batch, out, n / stride, n / stride]. */
  conv(name: string, input: string, layer: Layer): string {
    const { kernel, stride } = layer;
    const pad = kernel >> 1;
    return this.node('Conv', name, [input, ...this.weightsOf(name, layer)], {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [pad, pad, pad, pad] },
      group: { int: layer.kind === 'depthwise' ? layer.in : 1 },
    });
  }

  relu6(name: string, input: string): string {
    return this.node('Clip', name, [input, this.scalar('zero', 0), this.scalar('six', 6)]);
  }

  add(name: string, left: string, right: string): string {
    return this.node('Add', name, [left, right]);
  }

  /** [batch, channels, n, n] → [batch, channels]. */
  averagePool(name: string, input: string): string {
    const pooled = this.node('GlobalAveragePool', name, [input]);
    return this.node('Flatten', `${name}/flatten`, [pooled], { axis: { int: 1 } });
  }

  /** [batch, in] → [batch, out]. */
  linear(name: string, input: string, layer: Layer): string {
    return this.node('Gemm', name, [input, ...this.weightsOf(name, layer)], { transB: { int: 1 } });
  }

  identity(name: string, input: string): string {
    return this.node('Identity', name, [input]);
  }

  /** The graph from `input`, of dimensions `inputDims`, to the last node's tensor `output`. */
  finish(name: string, inputDims: readonly number[], output: string, outputDims: readonly number[]): OnnxGraph {
    const nodes = this.nodes.map((node) => {
      const outputs = node.outputs.map((tensor) => (tensor === output ? 'output' : tensor));
      return { ...node, outputs };
    });
    return {
      name,
      nodes,
      initializers: this.initializers,
      inputs: [{ name: 'input', dims: inputDims }],
      outputs: [{ name: 'output', dims: outputDims }],
    };
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

  private weightsOf(name: string, layer: Layer): string[] {
    const { weight, bias } = this.weights(name, layer);
    this.initializers.push({ name: `${name}/weight`, dims: weightDims(layer), data: weight });
    this.initializers.push({ name: `${name}/bias`, dims: [layer.out], data: bias });
    return [`${name}/weight`, `${name}/bias`];
  }

  private scalar(name: string, value: number): string {
    if (!this.initializers.some((tensor) => tensor.name === name)) {
      this.initializers.push({ name, dims: [], data: Float32Array.of(value) });
    }
    return name;
  }
}
