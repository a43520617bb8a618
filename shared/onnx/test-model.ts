/** @file Models for tests, written field by field: whatever nobody would export can be said too. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export type Fill = (writer: BinaryWriter) => void;

export const message =
  (field: number, ...fills: Fill[]): Fill =>
  (writer) => {
    writer.tag(field, WireType.LengthDelimited).fork();
    for (const fill of fills) fill(writer);
    writer.join();
  };
export const text =
  (field: number, value: string): Fill =>
  (w) =>
    void w.tag(field, WireType.LengthDelimited).string(value);
export const int = (field: number, value: number | bigint | string): Fill => {
  return (w) => void w.tag(field, WireType.Varint).int64(String(value));
};
/** Any number of them: more than a call takes as arguments. */
export const each =
  <T>(all: readonly T[], fill: (one: T) => Fill): Fill =>
  (writer) => {
    for (const one of all) fill(one)(writer);
  };
export const node = (op: string, inputs: readonly string[], outputs: readonly string[], ...rest: Fill[]) => {
  const names = [each(inputs, (name) => text(1, name)), each(outputs, (name) => text(2, name))];
  return message(1, ...names, text(4, op), ...rest);
};
/** Attributes of a node: a number, or a list of them. */
export const attributes = (all: Readonly<Record<string, number | readonly number[]>>): Fill[] =>
  Object.entries(all).map(([name, value]) =>
    message(5, text(1, name), ...(typeof value === 'number' ? [int(3, value)] : value.map((one) => int(8, one)))),
  );
/** An input (field 11), an output (12) or what is said of a tensor on the way (13). */
export const value = (field: number, name: string, dims: readonly (number | bigint | string | null)[]) => {
  const axes = dims.map((dim) => message(1, ...(dim === null ? [text(2, 'any')] : [int(1, dim)])));
  return message(field, text(1, name), message(2, message(1, int(1, 1), message(2, ...axes))));
};
export const weight = (name: string, dims: readonly (number | bigint)[], ...rest: Fill[]) =>
  message(5, ...dims.map((dim) => int(1, dim)), int(2, 1), text(8, name), ...rest);
/** A weight of one axis whose numbers are there. */
export const integers = (name: string, numbers: readonly number[]) =>
  weight(name, [numbers.length], ...numbers.map((one) => int(7, one)));
export function file(...graph: Fill[]): Uint8Array {
  const writer = new BinaryWriter();
  int(1, 13)(writer);
  message(7, ...graph)(writer);
  return writer.finish();
}

/** A picture, and a convolution of it to `y` [1, 8, 30, 30]. */
export const image = value(11, 'x', [1, 3, 32, 32]);
export const filters = weight('w', [8, 3, 3, 3]);
export const conv = node('Conv', ['x', 'w'], ['y']);
