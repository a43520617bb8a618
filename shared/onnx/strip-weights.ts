/** @file A model without its weights: what its latency depends on is a thousandth of the file. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FastpathError } from '../errors.ts';
import { modelLimits } from './read-model.ts';
import { type Field, readFields } from './wire-fields.ts';

/** bytes of the numbers of a small tensor, in the widest type */
const smallBytes = 8 * modelLimits.smallTensor;

/**
 * The model's nodes, the shapes of all its tensors, and the numbers of the smallest.
 * @throws FastpathError `onnx.malformed`
 */
export function stripWeights(model: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return rewrite(model, { kept: [1, 8], within: { 7: graph } }) as Uint8Array<ArrayBuffer>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `not an ONNX model, or a damaged one (${reason}): export it again`;
    throw new FastpathError('onnx.malformed', message, { cause });
  }
}

/** What of a message stays: fields as they are, and nested messages of which again a part stays. */
interface Rule {
  kept: readonly number[];
  within?: Readonly<Record<number, Rule>>;
  /** fields that stay where they have at most `smallBytes` */
  small?: readonly number[];
}

/** dims, data_type, name; float_data, int32_data, int64_data, raw_data */
const tensor: Rule = { kept: [1, 2, 8], small: [4, 5, 7, 9] };
/** name, float, int, text, floats, ints, type; tensor. Graphs are left out. */
const attribute: Rule = { kept: [1, 2, 3, 4, 7, 8, 20], within: { 5: tensor } };
/** inputs, outputs, op_type, domain */
const node: Rule = { kept: [1, 2, 4, 7], within: { 5: attribute } };
/** inputs, outputs, value_info */
const graph: Rule = { kept: [11, 12, 13], within: { 1: node, 5: tensor } };

function rewrite(message: Uint8Array, { kept, within = {}, small = [] }: Rule): Uint8Array {
  const writer = new BinaryWriter();
  const keep = (field: Field, bytes: Uint8Array) => writer.tag(field.number, field.wireType).raw(bytes);
  readFields(message, (field) => {
    const rule = within[field.number];
    if (rule !== undefined) writer.tag(field.number, WireType.LengthDelimited).bytes(rewrite(field.bytes(), rule));
    else if (kept.includes(field.number)) keep(field, field.skip());
    else if (small.includes(field.number)) {
      const bytes = field.skip();
      if (bytes.length <= smallBytes) keep(field, bytes);
    }
  });
  return writer.finish();
}
