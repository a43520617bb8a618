/** @file Builds any convolutional network as an ONNX graph, shapes followed as it goes; weights are random, seeded. */
import { Random } from '../random.ts';
import { type Attribute, encodeModel, type OnnxNode, type OnnxTensor } from './model-proto.ts';

/** A tensor of the graph: [batch, channels, height, width], or [batch, features]. */
export interface Tensor {
  name: string;
  dims: readonly number[];
}

export interface ConvOptions {
  out: number;
  kernel: number;
  stride?: number;
  groups?: number;
  /** pixels on each side; half the kernel when absent */
  pad?: number;
}

export interface PoolOptions {
  kernel: number;
  stride: number;
  pad?: number;
  /** round the output's size up, not down */
  ceil?: boolean;
}

/** Normal numbers that all weights are cut from: drawing each anew would take longer than running the network. */
const normal = (() => {
  let drawn: Float32Array | undefined;
  return () => {
    const random = Random.named(1, 'weights');
    drawn ??= Float32Array.from({ length: 2 ** 16 }, () => random.normal());
    return drawn;
  };
})();

export class CnnBuilder {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers = new Map<string, OnnxTensor>();
  private readonly inputs: Tensor[] = [];
  /** multiply-adds of convolutions and dense layers so far */
  macs = 0;

  input(...dims: number[]): Tensor {
    const tensor = { name: this.inputs.length === 0 ? 'input' : `input${this.inputs.length}`, dims };
    this.inputs.push(tensor);
    return tensor;
  }

  conv(input: Tensor, { out, kernel, stride = 1, groups = 1, pad = kernel >> 1 }: ConvOptions): Tensor {
    const [batch, channels, ...size] = input.dims as [number, number, number, number];
    const weight = this.weights([out, channels / groups, kernel, kernel], (channels / groups) * kernel ** 2);
    const attributes = {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [pad, pad, pad, pad] },
      group: { int: groups },
    };
    const dims = [batch, out, ...size.map((side) => Math.floor((side + 2 * pad - kernel) / stride) + 1)];
    this.macs += (product(dims) * channels * kernel ** 2) / groups;
    return this.node('Conv', [input, weight, this.weights([out], 100)], dims, attributes);
  }

  /** At rest as it is behind training: scale near 1, mean near 0. */
  batchNorm(input: Tensor): Tensor {
    const channels = input.dims[1]!;
    const ones = this.constant(`ones ${channels}`, [channels], new Float32Array(channels).fill(1));
    const small = this.weights([channels], 100);
    return this.node('BatchNormalization', [input, ones, small, small, ones], input.dims, { epsilon: { float: 1e-5 } });
  }

  relu(input: Tensor): Tensor {
    return this.node('Relu', [input], input.dims);
  }

  relu6(input: Tensor): Tensor {
    const bounds = [0, 6].map((bound) => this.constant(`scalar ${bound}`, [], Float32Array.of(bound)));
    return this.node('Clip', [input, ...bounds], input.dims);
  }

  sigmoid(input: Tensor): Tensor {
    return this.node('Sigmoid', [input], input.dims);
  }

  /** max(0, min(1, x / 6 + 1 / 2)) */
  hardSigmoid(input: Tensor): Tensor {
    return this.node('HardSigmoid', [input], input.dims, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
  }

  hardSwish(input: Tensor): Tensor {
    return this.node('HardSwish', [input], input.dims);
  }

  /** x · sigmoid(x), as two nodes */
  silu(input: Tensor): Tensor {
    return this.multiply(input, this.sigmoid(input));
  }

  softmax(input: Tensor): Tensor {
    return this.node('Softmax', [input], input.dims, { axis: { int: -1 } });
  }

  add(left: Tensor, right: Tensor): Tensor {
    return this.node('Add', [left, right], left.dims);
  }

  /** @param right of the same dimensions, or of one number a channel: [batch, channels, 1, 1] */
  multiply(left: Tensor, right: Tensor): Tensor {
    return this.node('Mul', [left, right], left.dims);
  }

  concat(inputs: readonly Tensor[]): Tensor {
    const [batch, , ...size] = inputs[0]!.dims;
    const channels = inputs.reduce((sum, { dims }) => sum + dims[1]!, 0);
    return this.node('Concat', inputs, [batch!, channels, ...size], { axis: { int: 1 } });
  }

  /** Channels from `start` to before `end`. */
  slice(input: Tensor, start: number, end: number): Tensor {
    const [batch, , ...size] = input.dims;
    const ranges = [start, end, 1].map((value) => this.integers([value]));
    return this.node('Slice', [input, ...ranges], [batch!, end - start, ...size]);
  }

  maxPool(input: Tensor, options: PoolOptions): Tensor {
    return this.pool('MaxPool', input, options);
  }

  averagePool(input: Tensor, options: PoolOptions): Tensor {
    return this.pool('AveragePool', input, options);
  }

  globalAveragePool(input: Tensor): Tensor {
    return this.node('GlobalAveragePool', [input], [input.dims[0]!, input.dims[1]!, 1, 1]);
  }

  flatten(input: Tensor): Tensor {
    const [batch, ...rest] = input.dims;
    return this.node('Flatten', [input], [batch!, product(rest)], { axis: { int: 1 } });
  }

  dense(input: Tensor, out: number): Tensor {
    const [batch, features] = input.dims as [number, number];
    this.macs += batch * features * out;
    const weight = this.weights([out, features], features);
    return this.node('Gemm', [input, weight, this.weights([out], 100)], [batch, out], { transB: { int: 1 } });
  }

  reshape(input: Tensor, dims: readonly number[]): Tensor {
    return this.node('Reshape', [input, this.integers(dims)], dims);
  }

  transpose(input: Tensor, axes: readonly number[]): Tensor {
    return this.node(
      'Transpose',
      [input],
      axes.map((axis) => input.dims[axis]!),
      { perm: { ints: axes } },
    );
  }

  /** Channels of `groups` groups interleaved (Zhang et al., ShuffleNet, CVPR 2018). */
  shuffle(input: Tensor, groups: number): Tensor {
    const [batch, channels, height, width] = input.dims as [number, number, number, number];
    const split = this.reshape(input, [batch, groups, channels / groups, height, width]);
    return this.reshape(this.transpose(split, [0, 2, 1, 3, 4]), input.dims);
  }

  /** The model's bytes, `outputs` named `output`, `output1`, … */
  finish(name: string, outputs: readonly Tensor[]): Uint8Array {
    const names = new Map(outputs.map((output, i) => [output.name, i === 0 ? 'output' : `output${i}`]));
    const renamed = (tensors: readonly string[]) => tensors.map((tensor) => names.get(tensor) ?? tensor);
    return encodeModel({
      name,
      nodes: this.nodes.map((node) => ({ ...node, inputs: renamed(node.inputs), outputs: renamed(node.outputs) })),
      initializers: [...this.initializers.values()],
      inputs: this.inputs,
      outputs: outputs.map((output) => ({ name: names.get(output.name)!, dims: output.dims })),
    });
  }

  private pool(op: string, input: Tensor, { kernel, stride, pad = 0, ceil = false }: PoolOptions): Tensor {
    const [batch, channels, ...size] = input.dims as [number, number, number, number];
    const round = ceil ? Math.ceil : Math.floor;
    const dims = [batch, channels, ...size.map((side) => round((side + 2 * pad - kernel) / stride) + 1)];
    return this.node(op, [input], dims, {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [pad, pad, pad, pad] },
      ceil_mode: { int: ceil ? 1 : 0 },
    });
  }

  private node(
    op: string,
    inputs: readonly Tensor[],
    dims: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Tensor {
    const name = `${op.toLowerCase()} ${this.nodes.length}`;
    this.nodes.push({ name, op, inputs: inputs.map((input) => input.name), outputs: [name], attributes });
    return { name, dims };
  }

  /** Normal with variance 2 / `fanIn`: activations keep their scale through all depths, and are no denormal numbers. */
  private weights(dims: readonly number[], fanIn: number): Tensor {
    const numbers = normal();
    const deviation = Math.sqrt(2 / fanIn);
    const data = new Float32Array(product(dims));
    for (let i = 0; i < data.length; i++) data[i] = deviation * numbers[i % numbers.length]!;
    return this.constant(`weights ${this.initializers.size}`, dims, data);
  }

  private integers(values: readonly number[]): Tensor {
    return this.constant(`integers ${values.join(' ')}`, [values.length], BigInt64Array.from(values, BigInt));
  }

  private constant(name: string, dims: readonly number[], data: OnnxTensor['data']): Tensor {
    this.initializers.set(name, { name, dims, data });
    return { name, dims };
  }
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}
