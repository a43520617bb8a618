/**
 * @file A network as a TensorFlow.js graph model: `model.json`, which holds a TensorFlow graph as JSON, and its weights
 * in shards. Batch norm is folded; convolutions are fused with bias and ReLU6, as TensorFlow's converter leaves them.
 * Maps are [batch, n, n, channels].
 */
import type { Layer } from '../architecture/layers.ts';
import type { Architecture } from '../contract/architecture.ts';
import { addNetwork, type LayerBuilder, outputsOf } from '../graph/build-network.ts';
import { type WeightSource, weightDims } from '../onnx/weights.ts';
import { moveAxes } from '../weights/move-axes.ts';
import { type ExportedFile, textFile } from './exported-file.ts';

/** Browsers cache files up to this size; TensorFlow's converter cuts at the same. */
const shardBytes = 4 << 20;

type Json = Record<string, unknown>;

interface GraphNode {
  name: string;
  op: string;
  input?: string[];
  attr: Json;
}

interface GraphWeight {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32';
  data: Float32Array | Int32Array;
}

const type = { float32: 'DT_FLOAT', int32: 'DT_INT32' } as const;
const float = { T: { type: type.float32 } };
/** Text attributes are bytes, which JSON has in base 64. */
const text = (value: string) => btoa(value);
const texts = (values: readonly string[]) => ({ list: { s: values.map(text) } });
const integers = (values: readonly number[]) => ({ list: { i: values.map(String) } });
const shapeOf = (dims: readonly number[]) => ({ dim: dims.map((size) => ({ size: String(size) })) });

class TfjsGraphBuilder implements LayerBuilder {
  readonly nodes: GraphNode[] = [];
  readonly weights: GraphWeight[] = [];

  /** @param source in ONNX's order */
  constructor(private readonly source: WeightSource) {}

  input(name: string, dims: readonly number[]): string {
    return this.node('Placeholder', name, [], { dtype: { type: type.float32 }, shape: { shape: shapeOf(dims) } });
  }

  conv(name: string, input: string, layer: Layer, relu6: boolean): string {
    const { kernel, stride } = layer;
    const depthwise = layer.kind === 'depthwise';
    const { weight, bias } = this.source(name, layer);
    const pad = kernel >> 1;
    // TensorFlow has [k, k, in, out], and [k, k, channels, 1].
    const filter = moveAxes({ shape: weightDims(layer), data: weight }, depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]);
    const inputs = [input, this.constant(`${name}/weight`, filter), this.vector(`${name}/bias`, bias)];
    return this.node(depthwise ? 'FusedDepthwiseConv2dNative' : '_FusedConv2D', name, inputs, {
      ...float,
      strides: integers([1, stride, stride, 1]),
      padding: { s: text('EXPLICIT') },
      explicit_paddings: integers([0, 0, pad, pad, pad, pad, 0, 0]),
      data_format: { s: text('NHWC') },
      dilations: integers([1, 1, 1, 1]),
      fused_ops: texts(relu6 ? ['BiasAdd', 'Relu6'] : ['BiasAdd']),
      num_args: { i: '1' },
    });
  }

  add(name: string, left: string, right: string): string {
    return this.node('AddV2', name, [left, right], float);
  }

  averagePool(name: string, input: string): string {
    const axes = this.vector(`${name}/axes`, Int32Array.of(1, 2));
    return this.node('Mean', name, [input, axes], {
      ...float,
      Tidx: { type: type.int32 },
      keep_dims: { b: false },
    });
  }

  linear(name: string, input: string, layer: Layer): string {
    const { weight, bias } = this.source(name, layer);
    const matrix = moveAxes({ shape: weightDims(layer), data: weight }, [1, 0]);
    const inputs = [input, this.constant(`${name}/weight`, matrix), this.vector(`${name}/bias`, bias)];
    return this.node('_FusedMatMul', name, inputs, {
      ...float,
      transpose_a: { b: false },
      transpose_b: { b: false },
      fused_ops: texts(['BiasAdd']),
      num_args: { i: '1' },
    });
  }

  identity(name: string, input: string): void {
    this.node('Identity', name, [input], float);
  }

  private vector(name: string, data: GraphWeight['data']): string {
    return this.constant(name, { shape: [data.length], data });
  }

  private constant(name: string, { shape, data }: Pick<GraphWeight, 'shape' | 'data'>): string {
    const dtype = data instanceof Float32Array ? 'float32' : 'int32';
    this.weights.push({ name, shape, dtype, data });
    const value = { tensor: { dtype: type[dtype], tensorShape: shapeOf(shape) } };
    return this.node('Const', name, [], { dtype: { type: type[dtype] }, value });
  }

  private node(op: string, name: string, input: string[], attr: Json): string {
    this.nodes.push(input.length === 0 ? { name, op, attr } : { name, op, input, attr });
    return name;
  }
}

/**
 * The files of the graph model: input `input` [batch, resolution, resolution, 3], outputs as `outputsOf` names them,
 * with channels last.
 * @param metadata what the model says of itself
 */
export function writeTfjsGraph(
  architecture: Architecture,
  weights: WeightSource,
  { features, metadata }: { features: boolean; metadata: Readonly<Record<string, string>> },
): ExportedFile[] {
  const builder = new TfjsGraphBuilder(weights);
  const { resolution } = architecture;
  const inputDims = [-1, resolution, resolution, 3];
  const tensors = addNetwork(builder, architecture, features, builder.input('input', inputDims));
  const outputs = outputsOf(architecture, features).map(({ name, dims }) => ({ name, dims: channelsLast(dims) }));
  for (const [i, { name }] of outputs.entries()) builder.identity(name, tensors[i]!);
  const data = concatenated(builder.weights);
  const shards = Math.ceil(data.length / shardBytes);
  const paths = Array.from({ length: shards }, (_, i) => `group1-shard${i + 1}of${shards}.bin`);
  const value = (name: string, dims: readonly number[]) => ({
    name: `${name}:0`,
    dtype: type.float32,
    tensorShape: shapeOf(dims),
  });
  const model = {
    format: 'graph-model',
    generatedBy: 'fastpath',
    convertedBy: null,
    signature: {
      inputs: { input: value('input', inputDims) },
      outputs: Object.fromEntries(outputs.map(({ name, dims }) => [name, value(name, dims)])),
    },
    userDefinedMetadata: metadata,
    modelTopology: { node: builder.nodes, library: {}, versions: {} },
    weightsManifest: [{ paths, weights: builder.weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })) }],
  };
  return [
    textFile('model.json', JSON.stringify(model)),
    ...paths.map((name, i) => ({ name, bytes: data.subarray(i * shardBytes, (i + 1) * shardBytes) })),
  ];
}

/** For any number of images: [1, channels, n, n] → [-1, n, n, channels], [1, classes] → [-1, classes]. */
function channelsLast([, channels, ...sides]: readonly number[]): number[] {
  return [-1, ...sides, channels!];
}

function concatenated(weights: readonly GraphWeight[]): Uint8Array {
  const bytes = new Uint8Array(weights.reduce((sum, { data }) => sum + data.byteLength, 0));
  let at = 0;
  for (const { data } of weights) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
