/**
 * @file Shapes of all tensors of a model, node by node, and the values of the small ones that say shapes
 * (https://github.com/onnx/onnx/blob/main/docs/Operators.md).
 */
import { shown } from '../contract/problem.ts';
import { FastpathError } from '../errors.ts';
import { inferNode } from './node-shapes.ts';
import { type DeclaredDims, type ModelNode, modelLimits, type OnnxModel } from './read-model.ts';
import type { Known } from './shape-rule.ts';

export interface TypedNode extends ModelNode {
  /** as many as the node has; null where nothing says */
  inputDims: readonly (readonly number[] | null)[];
  outputDims: readonly (readonly number[] | null)[];
  /** whether nothing of it depends on the model's input: a runtime works it out once */
  constant: boolean;
}

export interface TypedGraph {
  /** each behind those it takes from */
  nodes: readonly TypedNode[];
  /** tensors that depend on an input; all others are weights, or made of them */
  moving: ReadonlySet<string>;
  inputs: readonly { name: string; dims: readonly number[] }[];
  outputs: readonly string[];
}

/** No network that runs on any device has as many; all arithmetic stays exact below it. */
const mostElements = 1e10;

/**
 * @param given the input's dimensions where the model leaves them open; the first, the batch, is 1 where it does
 * @throws FastpathError `onnx.input`, `onnx.cyclic`, `onnx.shape`
 */
export function inferShapes(model: OnnxModel, given?: readonly number[]): TypedGraph {
  const inputs = inputsOf(model, given);
  const known = new Map<string, Known>();
  for (const [name, { dims, values }] of model.initializers) {
    checkDims(name, dims);
    known.set(name, { dims, values });
  }
  for (const { name, dims } of inputs) known.set(name, { dims, values: null });
  const moving = new Set(inputs.map(({ name }) => name));
  const nodes = sorted(model).map((node) => typed(node, known, moving, model.declared));
  return { nodes, moving, inputs, outputs: model.outputs };
}

function inputsOf({ inputs }: OnnxModel, given: readonly number[] | undefined): TypedGraph['inputs'] {
  if (inputs.length === 0) throw new FastpathError('onnx.input', 'the model has no input: nothing of it would run');
  if (given !== undefined && inputs.length > 1) {
    const message = `the model has ${inputs.length} inputs, and dimensions are given for one: export it with fixed dimensions`;
    throw new FastpathError('onnx.input', message);
  }
  return inputs.map(({ name, dims }) => ({ name, dims: inputDims(name, dims, given) }));
}

function inputDims(name: string, declared: DeclaredDims | null, given: readonly number[] | undefined): number[] {
  if (declared !== null && given !== undefined && declared.length !== given.length) {
    const message = `input ${shown(name)} has ${declared.length} dimensions, and ${given.length} are given`;
    throw new FastpathError('onnx.input', message);
  }
  const dims = (declared ?? given ?? []).map((dim, i) => given?.[i] ?? dim ?? (i === 0 ? 1 : null));
  const clash = dims.findIndex((dim, i) => declared?.[i] != null && i > 0 && declared[i] !== dim);
  if (clash >= 0) {
    const message = `input ${shown(name)} has ${declared![clash]} as dimension ${clash + 1}, and ${dims[clash]} is given`;
    throw new FastpathError('onnx.input', message);
  }
  const open = dims.some((dim) => dim === null) || (declared === null && given === undefined);
  if (open) {
    const message = `input ${shown(name)} leaves dimensions open: give them all, e.g. 1x3x224x224`;
    throw new FastpathError('onnx.input', message);
  }
  checkDims(name, dims as number[], 1);
  return dims as number[];
}

/** @throws FastpathError `onnx.shape` */
function checkDims(name: string, dims: readonly number[], least = 0): void {
  if (dims.length > modelLimits.rank) {
    const message = `tensor ${shown(name)} would have ${dims.length} axes: no network has more than ${modelLimits.rank}`;
    throw new FastpathError('onnx.shape', message);
  }
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (dims.every((dim) => Number.isSafeInteger(dim) && dim >= least) && elements <= mostElements) return;
  throw new FastpathError(
    'onnx.shape',
    `tensor ${shown(name)} would be ${dims.join('x')}: no network has such a tensor`,
  );
}

/** Kahn's algorithm: models list their nodes in order, but nothing makes them. */
function sorted({ nodes }: OnnxModel): ModelNode[] {
  const maker = new Map<string, number>();
  for (const [i, { outputs }] of nodes.entries()) {
    for (const output of outputs) {
      if (output === '') continue;
      if (maker.has(output)) throw new FastpathError('onnx.cyclic', `two nodes make tensor ${shown(output)}`);
      maker.set(output, i);
    }
  }
  const users: number[][] = nodes.map(() => []);
  const waiting = nodes.map(({ inputs }, i) => {
    const makers = new Set(inputs.flatMap((input) => maker.get(input) ?? []));
    for (const from of makers) users[from]!.push(i);
    return makers.size;
  });
  const ready = waiting.flatMap((count, i) => (count === 0 ? [i] : []));
  for (let at = 0; at < ready.length; at++) {
    for (const user of users[ready[at]!]!) if (--waiting[user]! === 0) ready.push(user);
  }
  if (ready.length < nodes.length) {
    const stuck = nodes[waiting.findIndex((count) => count > 0)]!;
    throw new FastpathError('onnx.cyclic', `the graph runs in a circle at tensor ${shown(stuck.outputs[0] ?? '')}`);
  }
  return ready.map((i) => nodes[i]!);
}

function typed(
  node: ModelNode,
  known: Map<string, Known>,
  moving: Set<string>,
  declared: OnnxModel['declared'],
): TypedNode {
  const inputs = node.inputs.map((name) => known.get(name) ?? null);
  const inferred = inferNode(node, inputs);
  const constant = !node.inputs.some((name) => moving.has(name));
  const outputDims = node.outputs.map((name, i) => {
    // Left out. So is an input without a name: the two are not the same tensor.
    if (name === '') return null;
    if (!constant) moving.add(name);
    const dims = inferred[i]?.dims ?? declaredDims(declared.get(name));
    if (dims === null) return null;
    checkDims(name, dims);
    known.set(name, { dims, values: inferred[i]?.values ?? null });
    return dims;
  });
  return { ...node, inputDims: inputs.map((input) => input?.dims ?? null), outputDims, constant };
}

function declaredDims(dims: DeclaredDims | undefined): readonly number[] | null {
  if (dims === undefined) return null;
  const filled = dims.map((dim, i) => dim ?? (i === 0 ? 1 : null));
  return filled.every((dim): dim is number => dim !== null) ? filled : null;
}
