/**
 * @file From the nodes of a model to the operators that a runtime makes of them: batch norm goes into the convolution
 * before it, activations and sums into the pass that writes the map, constants are worked out once. The rules are those
 * of ONNX Runtime's graph optimisations (https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html);
 * where maps have their channels in blocks is in `layout.ts`.
 */
import type { Operator, Size } from '../latency/operators/operator.ts';
import type { TypedGraph, TypedNode } from './infer-shapes.ts';
import { Layout } from './layout.ts';
import { denseActivations, free, fusedActivations, isMap, isPriced, kinds, numberByNumber } from './priced-nodes.ts';

export interface FusedGraph {
  /** in running order */
  operators: Operator[];
  /** operators of which nothing is known, with how many there are of each */
  unknown: ReadonlyMap<string, number>;
}

/** of Clip; no activation that is fused has more */
const clipInputs = 3;

/** @param block channels in a block where the runtime has such; 0 where it has none */
export function fuse(graph: TypedGraph, block: number): FusedGraph {
  return new Fusion(graph, block).run();
}

class Fusion {
  private readonly users = new Map<string, TypedNode[]>();
  private readonly outputs: ReadonlySet<string>;
  private readonly absorbed = new Set<TypedNode>();
  /** tensors that are another one by name, which has no other: what a free or absorbed node gives */
  private readonly aliases = new Map<string, string>();
  private readonly unknown = new Map<string, number>();
  private readonly layout: Layout;

  constructor(
    private readonly graph: TypedGraph,
    block: number,
  ) {
    this.layout = new Layout(block);
    this.outputs = new Set(graph.outputs);
    for (const node of graph.nodes) {
      for (const input of new Set(node.inputs)) {
        const users = this.users.get(input);
        if (users === undefined) this.users.set(input, [node]);
        else users.push(node);
      }
    }
  }

  run(): FusedGraph {
    for (const node of this.graph.nodes) {
      if (node.constant || this.absorbed.has(node)) continue;
      if (node.domain === '' && free.has(node.op)) this.pass(node);
      else if (!isPriced(node)) this.leaveOut(node);
      else if (node.op === 'Conv') this.conv(node);
      else if (node.op === 'Gemm' || node.op === 'MatMul') this.dense(node);
      else if (node.op === 'MaxPool' || node.op === 'AveragePool') this.pool(node);
      else this.map(node);
    }
    for (const output of this.graph.outputs) this.layout.plain(this.tensor(output));
    return { operators: this.layout.operators, unknown: this.unknown };
  }

  private leaveOut(node: TypedNode): void {
    const op = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
    this.unknown.set(op, (this.unknown.get(op) ?? 0) + 1);
    for (const input of node.inputs) this.layout.plain(this.tensor(input));
  }

  private tensor(name: string): string {
    return this.aliases.get(name) ?? name;
  }

  private pass(node: TypedNode): void {
    // The end of the chain at once: whoever made the input came before.
    if (node.inputs.length > 0 && node.outputs.length > 0) {
      this.aliases.set(node.outputs[0]!, this.tensor(node.inputs[0]!));
    }
  }

  /** The one node that uses a tensor, where there is just one and the tensor is no output. */
  private onlyUser(tensor: string): TypedNode | null {
    const users = this.users.get(tensor) ?? [];
    return users.length === 1 && !this.outputs.has(tensor) ? users[0]! : null;
  }

  /** Takes the node in; what comes behind sees its output under the name of what it is part of. */
  private absorb(node: TypedNode, into: string): void {
    this.absorbed.add(node);
    this.aliases.set(node.outputs[0]!, into);
  }

  /** The activation behind `tensor` that its maker can do in the same pass; absorbed. */
  private activation(tensor: string, into: string, possible: ReadonlySet<string>): string | null {
    const user = this.onlyUser(tensor);
    if (user === null || user.domain !== '' || !possible.has(user.op) || user.inputs.length > clipInputs) return null;
    if (user.inputs.slice(1).some((input) => this.graph.moving.has(input))) return null;
    this.absorb(user, into);
    return user.op.toLowerCase();
  }

  private conv(node: TypedNode): void {
    const [x, w] = node.inputDims as [readonly number[], readonly number[]];
    const dims = node.outputDims[0]!;
    const [output] = node.outputs as [string];
    let last = output;
    const norm = this.onlyUser(output);
    if (norm?.op === 'BatchNormalization' && norm.domain === '') {
      this.absorb(norm, output);
      last = norm.outputs[0]!;
    }
    const images = dims[0]!;
    this.layout.conv(this.tensor(node.inputs[0]!), output, {
      kind: 'conv',
      kernel: sizeOf(w),
      stride: pair(node.attributes.get('strides')?.ints),
      groups: node.attributes.get('group')?.int ?? 1,
      in: x[1]!,
      out: dims[1]!,
      // Images lie below one another: as many pixels, and weights read once.
      inputSize: tall(sizeOf(x), images),
      outputSize: tall(sizeOf(dims), images),
      activation: this.activation(last, output, fusedActivations),
      adds: false,
    });
  }

  private dense(node: TypedNode): void {
    const weights = node.inputDims[1]!;
    const dims = node.outputDims[0]!;
    const [output] = node.outputs as [string];
    let last = output;
    const bias = this.onlyUser(output);
    const added = bias?.op === 'Add' && bias.inputs.length === 2;
    if (node.op === 'MatMul' && added && bias.inputs.some((input) => !this.graph.moving.has(input))) {
      this.absorb(bias, output);
      last = bias.outputs[0]!;
    }
    const out = dims.at(-1)!;
    const transposed = node.op === 'Gemm' && (node.attributes.get('transB')?.int ?? 0) === 1;
    this.layout.emit(this.moving(node), {
      kind: 'dense',
      rows: Math.max(1, product(dims) / Math.max(1, out)),
      in: weights.at(transposed ? -1 : -2)!,
      out,
      activation: this.activation(last, output, denseActivations),
    });
  }

  private pool(node: TypedNode): void {
    const [x] = node.inputDims as [readonly number[]];
    const dims = node.outputDims[0]!;
    const channels = x[1]!;
    const input = this.tensor(node.inputs[0]!);
    this.layout.pool(input, node.outputs[0]!, channels, {
      kind: node.op === 'MaxPool' ? 'maxpool' : 'averagepool',
      kernel: pair(node.attributes.get('kernel_shape')?.ints),
      stride: pair(node.attributes.get('strides')?.ints),
      channels,
      inputSize: tall(sizeOf(x), dims[0]!),
      outputSize: tall(sizeOf(dims), dims[0]!),
    });
  }

  private map(node: TypedNode): void {
    const kind = kinds.get(node.op)!;
    const [output] = node.outputs as [string];
    const dims = node.outputDims[0]!;
    if (node.op === 'Pad' && this.onlyUser(output)?.op === 'Conv') {
      this.pass(node);
      return;
    }
    const inputs = this.moving(node);
    const shapes = node.inputDims.filter((own, i) => own !== null && this.graph.moving.has(node.inputs[i]!));
    const written = node.outputDims.reduce((sum, own) => sum + (own === null ? 0 : product(own)), 0);
    const read = kind === 'copy' ? written : shapes.reduce((sum, own) => sum + product(own!), 0);
    const operator = { kind, reads: kind === 'view' ? 0 : read, writes: kind === 'view' ? 0 : written };
    const channels = shapes.map((own) => own![1] ?? 0);
    const alike = shapes.every((own) => own!.length === 4 && product(own!) === product(dims));
    const silu = node.op === 'Sigmoid' ? this.siluOf(node) : null;
    if (silu !== null) this.absorb(silu, output);
    if (node.op === 'Add' && alike && this.layout.sum(inputs, this.ownInputs(node), output)) {
      this.layout.activate(output, this.activation(output, output, fusedActivations));
    } else if (node.op === 'Concat' && node.attributes.get('axis')?.int === 1) {
      this.layout.join(inputs, channels, output, operator);
    } else if (node.op === 'BatchNormalization' && isMap(dims) && this.layout.isBlocked(inputs[0]!)) {
      const activation = this.activation(output, output, fusedActivations);
      this.layout.scale(inputs[0]!, output, dims[1]!, tall(sizeOf(dims), dims[0]!), activation);
    } else if (node.op.startsWith('Global')) {
      this.layout.pool(inputs[0]!, output, dims[1]!, operator);
    } else if (alike && numberByNumber.has(kind)) {
      this.layout.each(inputs, output, operator);
    } else {
      this.layout.emit(inputs, { ...operator, blocked: false });
    }
  }

  /** What comes in while the model runs, under the names that it has. */
  private moving(node: TypedNode): string[] {
    return node.inputs.flatMap((name) => (this.graph.moving.has(name) ? [this.tensor(name)] : []));
  }

  /** Inputs that no other node uses. */
  private ownInputs(node: TypedNode): string[] {
    return node.inputs.filter((name) => this.onlyUser(name) === node).map((name) => this.tensor(name));
  }

  /** The multiplication of a sigmoid's output with its input. */
  private siluOf(node: TypedNode): TypedNode | null {
    const user = this.onlyUser(node.outputs[0]!);
    return user?.op === 'Mul' && user.inputs.length === 2 && user.inputs.includes(node.inputs[0]!) ? user : null;
  }
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

/** [height, width] of [batch, channels, height, width]; one row where there is only a length. */
function sizeOf(dims: readonly number[]): Size {
  return dims.length === 3 ? [1, dims[2]!] : [dims[2] ?? 1, dims[3] ?? 1];
}

function tall([height, width]: Size, images: number): Size {
  return [height * images, width];
}

function pair(values: readonly number[] | undefined): Size {
  if (values === undefined) return [1, 1];
  return values.length === 1 ? [1, values[0]!] : [values[0] ?? 1, values[1] ?? 1];
}
