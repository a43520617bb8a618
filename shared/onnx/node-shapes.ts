/** @file What one node makes of its inputs' shapes; nothing where the operator is not known here. */
import { type ModelNode, modelLimits } from './read-model.ts';
import { axisOf, type Inferred, int, type Known, type Rule, size } from './shape-rule.ts';
import { conv, pool } from './window-shapes.ts';

/** By output; null where an input that it depends on is not known. */
export function inferNode(node: ModelNode, inputs: readonly (Known | null)[]): readonly Inferred[] {
  if (node.domain !== '' || !Object.hasOwn(rules, node.op)) return [];
  return rules[node.op]!(node, inputs);
}

const same: Rule = (_, [x]) => [x == null ? null : { dims: x.dims }];
const sameValues: Rule = (_, [x]) => [x == null ? null : { dims: x.dims, values: x.values }];

const broadcast: Rule = (node, inputs) => {
  if (inputs.some((input) => input === null)) return [null];
  const dims = broadcastDims(inputs.map((input) => input!.dims));
  return [dims && { dims, values: arithmetic(node.op, inputs as Known[]) }];
};

function broadcastDims(all: readonly (readonly number[])[]): number[] | null {
  const rank = all.reduce((most, { length }) => Math.max(most, length), 0);
  const dims = new Array<number>(rank).fill(1);
  for (const own of all) {
    for (const [i, dim] of own.entries()) {
      const at = rank - own.length + i;
      if (dims[at] !== 1 && dim !== 1 && dims[at] !== dim) return null;
      dims[at] = Math.max(dims[at]!, dim);
    }
  }
  return dims;
}

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
};

/** Of whole numbers, as shapes are worked out. */
function arithmetic(op: string, [a, b]: readonly Known[]): number[] | null {
  const operation = operations[op];
  if (operation === undefined || a?.values == null || b?.values == null) return null;
  const [left, right] = [a.values, b.values];
  if (left.length !== right.length && left.length !== 1 && right.length !== 1) return null;
  const length = Math.max(left.length, right.length);
  return Array.from({ length }, (_, i) => operation(left[i % left.length]!, right[i % right.length]!));
}

const globalPool: Rule = (_, [x]) => [x == null ? null : { dims: x.dims.map((dim, i) => (i < 2 ? dim : 1)) }];

const gemm: Rule = (node, [a, b]) => {
  if (a == null || b == null || a.dims.length !== 2 || b.dims.length !== 2) return [null];
  return [{ dims: [a.dims[int(node, 'transA', 0)]!, b.dims[1 - int(node, 'transB', 0)]!] }];
};

const matMul: Rule = (_, [a, b]) => {
  if (a == null || b == null || a.dims.length < 2 || b.dims.length < 2) return [null];
  const batch = broadcastDims([a.dims.slice(0, -2), b.dims.slice(0, -2)]);
  return [batch && { dims: [...batch, a.dims.at(-2)!, b.dims.at(-1)!] }];
};

const concat: Rule = (node, inputs) => {
  const [first] = inputs;
  if (first == null || inputs.some((input) => input?.dims.length !== first.dims.length)) return [null];
  const axis = axisOf(int(node, 'axis', 0), first.dims.length);
  const along = inputs.reduce((sum, input) => sum + input!.dims[axis]!, 0);
  const numbers = inputs.reduce((sum, input) => sum + (input!.values?.length ?? Number.POSITIVE_INFINITY), 0);
  const values = numbers <= modelLimits.smallTensor ? inputs.flatMap((input) => input!.values!) : null;
  return [{ dims: first.dims.map((dim, i) => (i === axis ? along : dim)), values }];
};

const split: Rule = (node, [x, given]) => {
  if (x == null) return [];
  const axis = axisOf(int(node, 'axis', 0), x.dims.length);
  const { length } = node.outputs;
  const sizes = given?.values ?? node.attributes.get('split')?.ints;
  const whole = x.dims[axis] ?? 0;
  const even = Math.ceil(whole / length);
  return node.outputs.map((_, i) => {
    const own = sizes?.[i] ?? Math.min(even, whole - i * even);
    return { dims: x.dims.map((dim, j) => (j === axis ? own : dim)) };
  });
};

const slice: Rule = (node, [x, ...rest]) => {
  if (x == null) return [null];
  const list = (name: string, i: number) => rest[i]?.values ?? node.attributes.get(name)?.ints;
  const [starts, ends] = [list('starts', 0), list('ends', 1)];
  if (starts === undefined || ends === undefined) return [null];
  const axes = list('axes', 2) ?? starts.map((_, i) => i);
  const steps = list('steps', 3) ?? starts.map(() => 1);
  const dims = [...x.dims];
  let values = x.values;
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(given, dims.length);
    const whole = dims[axis];
    const step = steps[i] ?? 1;
    if (whole === undefined || step === 0) return [null];
    const clamp = (at: number, most: number) => Math.max(step < 0 ? -1 : 0, Math.min(at < 0 ? at + whole : at, most));
    const from = clamp(starts[i]!, step < 0 ? whole - 1 : whole);
    // Minus infinity as an end, running backwards, stands before the first.
    const to = step < 0 && ends[i]! < -whole ? -1 : clamp(ends[i] ?? whole, whole);
    dims[axis] = Math.max(0, Math.ceil((to - from) / step));
    values = values && step > 0 ? values.slice(from, to).filter((_, j) => j % step === 0) : null;
  }
  return [{ dims, values: x.dims.length === 1 ? values : null }];
};

const reshape: Rule = (node, [x, shape]) => {
  const asked = shape?.values ?? node.attributes.get('shape')?.ints;
  if (x == null || asked === undefined) return [null];
  const copied = asked.map((dim, i) => (dim === 0 && int(node, 'allowzero', 0) === 0 ? (x.dims[i] ?? 0) : dim));
  const rest = size(x.dims) / size(copied.filter((dim) => dim !== -1));
  const dims = copied.map((dim) => (dim === -1 ? rest : dim));
  return [size(dims) === size(x.dims) ? { dims, values: x.values } : null];
};

const flatten: Rule = (node, [x]) => {
  if (x == null) return [null];
  const axis = axisOf(int(node, 'axis', 1), x.dims.length);
  return [{ dims: [size(x.dims.slice(0, axis)), size(x.dims.slice(axis))] }];
};

const axesOf = (node: ModelNode, given: Known | null | undefined) => given?.values ?? node.attributes.get('axes')?.ints;

const squeeze: Rule = (node, [x, given]) => {
  if (x == null) return [null];
  const axes = axesOf(node, given)?.map((axis) => axisOf(axis, x.dims.length));
  return [{ dims: x.dims.filter((dim, i) => (axes ? !axes.includes(i) : dim !== 1)), values: x.values }];
};

const unsqueeze: Rule = (node, [x, given]) => {
  const axes = axesOf(node, given);
  if (x == null || axes == null) return [null];
  const rank = x.dims.length + axes.length;
  const added = axes.map((axis) => axisOf(axis, rank));
  const rest = [...x.dims];
  const dims = Array.from({ length: rank }, (_, i) => (added.includes(i) ? 1 : (rest.shift() ?? 1)));
  return [{ dims, values: x.values }];
};

const transpose: Rule = (node, [x]) => {
  if (x == null) return [null];
  const axes = node.attributes.get('perm')?.ints ?? x.dims.map((_, i) => x.dims.length - 1 - i);
  const dims = axes.map((axis) => x.dims[axis]);
  return [dims.every((dim) => dim !== undefined) ? { dims: dims as number[] } : null];
};

const pad: Rule = (node, [x, given]) => {
  const pads = given?.values ?? node.attributes.get('pads')?.ints;
  if (x == null || pads === undefined || pads.length !== 2 * x.dims.length) return [null];
  return [{ dims: x.dims.map((dim, i) => dim + pads[i]! + pads[i + x.dims.length]!) }];
};

const reduce: Rule = (node, [x, given]) => {
  if (x == null) return [null];
  const axes = (axesOf(node, given) ?? x.dims.map((_, i) => i)).map((axis) => axisOf(axis, x.dims.length));
  const kept = int(node, 'keepdims', 1) === 1;
  const dims = x.dims.flatMap((dim, i) => (axes.includes(i) ? (kept ? [1] : []) : [dim]));
  return [{ dims }];
};

const shape: Rule = (node, [x]) => {
  if (x == null) return [null];
  const { length } = x.dims;
  const values = x.dims.slice(axisOf(int(node, 'start', 0), length), axisOf(int(node, 'end', length), length));
  return [{ dims: [values.length], values }];
};

const gather: Rule = (node, [x, indices]) => {
  if (x == null || indices == null) return [null];
  const axis = axisOf(int(node, 'axis', 0), x.dims.length);
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  const picked = x.dims.length === 1 ? indices.values?.map((i) => x.values?.[axisOf(i, x.dims[0]!)]) : undefined;
  const values = picked?.every((value) => value !== undefined) ? (picked as number[]) : null;
  return [{ dims, values }];
};

const constant: Rule = ({ attributes }) => {
  const tensor = attributes.get('value')?.tensor;
  if (tensor !== undefined) return [tensor];
  const one = attributes.get('value_int')?.int ?? attributes.get('value_float')?.float;
  if (one !== undefined) return [{ dims: [], values: [one] }];
  const list = attributes.get('value_ints')?.ints ?? attributes.get('value_floats')?.floats;
  return [list === undefined ? null : { dims: [list.length], values: list }];
};

const filled: Rule = (node, [x]) => {
  if (x?.values == null) return [null];
  const value = node.attributes.get('value')?.tensor?.values?.[0] ?? 0;
  const length = size(x.values);
  const small = Number.isInteger(length) && length >= 0 && length <= modelLimits.smallTensor;
  return [{ dims: x.values, values: small ? new Array<number>(length).fill(value) : null }];
};

const resize: Rule = (_, [x, second, third, fourth]) => {
  if (x == null) return [null];
  const sizes = fourth?.values;
  if (sizes != null) return [{ dims: sizes }];
  const scales = third?.values ?? second?.values;
  if (scales?.length !== x.dims.length) return [null];
  return [{ dims: x.dims.map((dim, i) => Math.floor(dim * scales[i]!)) }];
};

const expand: Rule = (_, [x, to]) => {
  if (x == null || to?.values == null) return [null];
  const dims = broadcastDims([x.dims, to.values]);
  return [dims && { dims }];
};

const blocksToPixels = (up: boolean): Rule => {
  return (node, [x]) => {
    const block = int(node, 'blocksize', 1);
    if (x == null || x.dims.length !== 4) return [null];
    const [n, c, h, w] = x.dims as [number, number, number, number];
    return [{ dims: up ? [n, c / block ** 2, h * block, w * block] : [n, c * block ** 2, h / block, w / block] }];
  };
};

const unary =
  'Relu Clip LeakyRelu PRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Swish Mish Tanh Gelu Softplus Softsign Erf Exp Log Sqrt Reciprocal Neg Abs Floor Ceil Round Sign Not Softmax LogSoftmax BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization LpNormalization LRN Dropout ThresholdedRelu CumSum QuantizeLinear DequantizeLinear';
const binary = 'Add Sub Mul Div Pow Min Max Sum Mean Mod Equal Less Greater And Or Where';
const reductions = 'ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL2';
const each = (names: string, rule: Rule) => Object.fromEntries(names.split(' ').map((name) => [name, rule]));

const rules: Readonly<Record<string, Rule>> = {
  ...each(unary, same),
  ...each(binary, broadcast),
  ...each(reductions, reduce),
  ...each('Identity Cast', sameValues),
  ...each('MaxPool AveragePool LpPool', pool),
  ...each('GlobalAveragePool GlobalMaxPool', globalPool),
  ...each('Resize Upsample', resize),
  Conv: conv,
  Gemm: gemm,
  MatMul: matMul,
  Concat: concat,
  Split: split,
  Slice: slice,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Pad: pad,
  Shape: shape,
  Gather: gather,
  Constant: constant,
  ConstantOfShape: filled,
  Expand: expand,
  DepthToSpace: blocksToPixels(true),
  SpaceToDepth: blocksToPixels(false),
};
