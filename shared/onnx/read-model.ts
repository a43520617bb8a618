/**
 * @file Reads ONNX models as far as their latency depends on them: nodes, shapes, and the few small tensors that say
 * shapes. Weights are passed over, files beside the model are never opened, graphs inside nodes never entered. Fields are
 * numbered as in onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
import { shown } from '../contract/problem.ts';
import { FastpathError } from '../errors.ts';
import { type Field, readFields } from './wire-fields.ts';

export interface ModelTensor {
  dims: readonly number[];
  /** of small tensors of float32, int32 or int64 whose data is there */
  values: readonly number[] | null;
}

export interface NodeAttribute {
  int?: number;
  float?: number;
  text?: string;
  ints?: readonly number[];
  floats?: readonly number[];
  tensor?: ModelTensor;
}

export interface ModelNode {
  op: string;
  /** empty for ONNX's own operators */
  domain: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: ReadonlyMap<string, NodeAttribute>;
}

/** null: not known before the model runs */
export type DeclaredDims = readonly (number | null)[];

export interface OnnxModel {
  nodes: readonly ModelNode[];
  initializers: ReadonlyMap<string, ModelTensor>;
  /** without initializers; dims null where the model does not say */
  inputs: readonly { name: string; dims: DeclaredDims | null }[];
  outputs: readonly string[];
  /** what the model says of tensors on the way */
  declared: ReadonlyMap<string, DeclaredDims>;
}

export const modelLimits = {
  nodes: 20_000,
  /** inputs, outputs and attributes of all nodes */
  links: 200_000,
  tensors: 100_000,
  rank: 8,
  smallTensor: 64,
  listItems: 64,
} as const;

/** @throws FastpathError `onnx.malformed`, `onnx.too-large` */
export function readModel(bytes: Uint8Array): OnnxModel {
  try {
    const graphs: Uint8Array[] = [];
    let version = 0;
    readFields(bytes, (field) => {
      if (field.number === 1) version = field.int();
      if (field.number === 7) graphs.push(field.bytes());
    });
    if (graphs.length !== 1 || version <= 0) throw malformed('it holds no graph');
    return readGraph(graphs[0]!);
  } catch (cause) {
    if (cause instanceof FastpathError) throw cause;
    throw malformed(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function malformed(reason: string, cause?: unknown): FastpathError {
  return new FastpathError('onnx.malformed', `not an ONNX model, or a damaged one (${reason}): export it again`, {
    cause,
  });
}

function readGraph(graph: Uint8Array): OnnxModel {
  const nodes: ModelNode[] = [];
  const initializers = new Map<string, ModelTensor>();
  let links = 0;
  const link = () => checkCount('inputs, outputs and attributes of nodes', ++links, modelLimits.links);
  const values = { inputs: [] as ReadValue[], outputs: [] as ReadValue[], declared: [] as ReadValue[] };
  readFields(graph, (field) => {
    if (field.number === 1) nodes.push(readNode(field.bytes(), link));
    else if (field.number === 5) {
      const { name, ...tensor } = readTensor(field.bytes());
      initializers.set(name, tensor);
    } else if (field.number === 11) values.inputs.push(readValue(field.bytes()));
    else if (field.number === 12) values.outputs.push(readValue(field.bytes()));
    else if (field.number === 13) values.declared.push(readValue(field.bytes()));
    checkCount('nodes', nodes.length, modelLimits.nodes);
    const tensors = initializers.size + values.inputs.length + values.outputs.length + values.declared.length;
    checkCount('tensors', tensors, modelLimits.tensors);
  });
  return {
    nodes,
    initializers,
    inputs: values.inputs.filter(({ name }) => !initializers.has(name)),
    outputs: values.outputs.map(({ name }) => name),
    declared: new Map(values.declared.flatMap(({ name, dims }) => (dims === null ? [] : [[name, dims] as const]))),
  };
}

function checkCount(what: string, count: number, most: number): void {
  if (count <= most) return;
  const message = `the model has more than ${most} ${what}: ask for a smaller network`;
  throw new FastpathError('onnx.too-large', message);
}

/** @param link is called for each input, output and attribute before it is kept */
function readNode(bytes: Uint8Array, link: () => void): ModelNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, NodeAttribute>();
  const node = { op: '', domain: '' };
  readFields(bytes, (field) => {
    if (field.number === 1 || field.number === 2 || field.number === 5) link();
    if (field.number === 1) inputs.push(field.text());
    else if (field.number === 2) outputs.push(field.text());
    else if (field.number === 4) node.op = field.text();
    else if (field.number === 7) node.domain = field.text();
    else if (field.number === 5) attributes.set(...readAttribute(field.bytes()));
  });
  const domain = /^ai\.onnx$/.test(node.domain) ? '' : node.domain;
  return { op: node.op, domain, inputs, outputs, attributes };
}

function readAttribute(bytes: Uint8Array): [string, NodeAttribute] {
  let name = '';
  const attribute: NodeAttribute = {};
  const lists = { ints: [] as number[], floats: [] as number[] };
  readFields(bytes, (field) => {
    if (field.number === 1) name = field.text();
    else if (field.number === 2) attribute.float = field.float();
    else if (field.number === 3) attribute.int = field.int();
    else if (field.number === 4) attribute.text = new TextDecoder().decode(field.bytes());
    else if (field.number === 5) attribute.tensor = readTensor(field.bytes());
    else if (field.number === 7) field.floats(lists.floats, modelLimits.listItems);
    else if (field.number === 8) field.ints(lists.ints, modelLimits.listItems);
  });
  if (lists.ints.length > 0) attribute.ints = lists.ints;
  if (lists.floats.length > 0) attribute.floats = lists.floats;
  return [name, attribute];
}

const dataTypes = { float32: 1, int32: 6, int64: 7 };

function readTensor(bytes: Uint8Array): ModelTensor & { name: string } {
  const dims: number[] = [];
  const listed: number[] = [];
  let name = '';
  let type = 0;
  let raw: Uint8Array | null = null;
  readFields(bytes, (field: Field) => {
    if (field.number === 1) field.ints(dims, modelLimits.rank + 1);
    else if (field.number === 2) type = field.int();
    else if (field.number === 4) field.floats(listed, modelLimits.smallTensor);
    else if (field.number === 5 || field.number === 7) field.ints(listed, modelLimits.smallTensor);
    else if (field.number === 8) name = field.text();
    else if (field.number === 9) raw = field.bytes();
  });
  if (dims.length > modelLimits.rank) throw malformed(`tensor ${shown(name)} has more than ${modelLimits.rank} axes`);
  const elements = dims.reduce((product, dim) => product * dim, 1);
  const small = elements >= 0 && elements <= modelLimits.smallTensor;
  const values = small ? (raw === null ? listed : numbersIn(raw, type)) : [];
  return { name, dims, values: small && values.length === elements ? values : null };
}

/** raw_data is little-endian by definition. */
function numbersIn(raw: Uint8Array, type: number): number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type === dataTypes.int64) return every(raw, 8, (at) => Number(view.getBigInt64(at, true)));
  if (type === dataTypes.int32) return every(raw, 4, (at) => view.getInt32(at, true));
  return type === dataTypes.float32 ? every(raw, 4, (at) => view.getFloat32(at, true)) : [];
}

function every(raw: Uint8Array, size: number, read: (at: number) => number): number[] {
  const count = Math.min(Math.floor(raw.length / size), modelLimits.smallTensor + 1);
  return Array.from({ length: count }, (_, i) => read(i * size));
}

interface ReadValue {
  name: string;
  dims: DeclaredDims | null;
}

/** ValueInfoProto → TypeProto → Tensor → TensorShapeProto → Dimension */
function readValue(bytes: Uint8Array): ReadValue {
  let name = '';
  let dims: (number | null)[] | null = null;
  const inside = (number: number, visit: (field: Field) => void) => (field: Field) => {
    if (field.number === number) readFields(field.bytes(), visit);
  };
  const shape = (field: Field) => {
    if (field.number !== 2) return;
    dims = [];
    readFields(field.bytes(), (axis) => {
      if (axis.number === 1) dims!.push(readDim(axis.bytes()));
      if (dims!.length > modelLimits.rank)
        throw malformed(`tensor ${shown(name)} has more than ${modelLimits.rank} axes`);
    });
  };
  const type = inside(1, shape);
  readFields(bytes, (field) => {
    if (field.number === 1) name = field.text();
    else inside(2, type)(field);
  });
  return { name, dims };
}

function readDim(bytes: Uint8Array): number | null {
  let dim: number | null = null;
  readFields(bytes, (field) => {
    if (field.number === 1) dim = field.int();
  });
  return dim;
}
