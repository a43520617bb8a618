/**
 * @file ONNX models in the protobuf wire format: the messages and fields that networks here need, numbered as in
 * onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** An attribute's kind follows from its value: `float` must be said, because 1 may be either. */
export type Attribute = { int: number } | { ints: readonly number[] } | { float: number };

export interface OnnxNode {
  name: string;
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

/** A tensor of float32, or of int64 where it says a shape. */
export interface OnnxTensor {
  name: string;
  dims: readonly number[];
  data: Float32Array | BigInt64Array;
}

/** A size, or the name of one that is only known when the model runs. */
export type Dim = number | string;

/** A float32 input or output of the graph. */
export interface OnnxValue {
  name: string;
  dims: readonly Dim[];
}

export interface OnnxGraph {
  name: string;
  nodes: readonly OnnxNode[];
  initializers: readonly OnnxTensor[];
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
}

/** The newest that ONNX Runtime 1.30 runs. */
const irVersion = 13;
const opsetVersion = 26;
const float32 = 1;
const int64Type = 7;
const attributeType = { float: 1, int: 2, ints: 7 };

/** The file's bytes. @param metadata what the model says of itself, by key */
export function encodeModel(graph: OnnxGraph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const writer = new BinaryWriter();
  int64(writer, 1, irVersion);
  text(writer, 2, 'fastpath');
  message(writer, 7, () => writeGraph(writer, graph));
  message(writer, 8, () => int64(writer, 2, opsetVersion));
  for (const [key, value] of Object.entries(metadata)) {
    message(writer, 14, () => {
      text(writer, 1, key);
      text(writer, 2, value);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(writer, 1, () => writeNode(writer, node));
  text(writer, 2, graph.name);
  for (const tensor of graph.initializers) message(writer, 5, () => writeTensor(writer, tensor));
  for (const input of graph.inputs) message(writer, 11, () => writeValue(writer, input));
  for (const output of graph.outputs) message(writer, 12, () => writeValue(writer, output));
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 3, node.name);
  text(writer, 4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) {
    message(writer, 5, () => writeAttribute(writer, name, value));
  }
}

function writeAttribute(writer: BinaryWriter, name: string, value: Attribute): void {
  text(writer, 1, name);
  if ('float' in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    int64(writer, 20, attributeType.float);
  } else if ('int' in value) {
    int64(writer, 3, value.int);
    int64(writer, 20, attributeType.int);
  } else {
    for (const item of value.ints) int64(writer, 8, item);
    int64(writer, 20, attributeType.ints);
  }
}

function writeTensor(writer: BinaryWriter, { name, dims, data }: OnnxTensor): void {
  for (const dim of dims) int64(writer, 1, dim);
  int64(writer, 2, data instanceof Float32Array ? float32 : int64Type);
  text(writer, 8, name);
  // raw_data is little-endian by definition, and so is every platform that Node runs on.
  writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValue(writer: BinaryWriter, { name, dims }: OnnxValue): void {
  text(writer, 1, name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      int64(writer, 1, float32);
      message(writer, 2, () => {
        for (const dim of dims) {
          message(writer, 1, () => (typeof dim === 'number' ? int64(writer, 1, dim) : text(writer, 2, dim)));
        }
      });
    }),
  );
}

function message(writer: BinaryWriter, field: number, writeFields: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  writeFields();
  writer.join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function int64(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}
