/**
 * @file The block tables published with ProxylessNAS and Once-for-All: YAML, one layer a key, `mean` in milliseconds
 * over `count` runs, and `var` in ms² or `std` in ms.
 *
 *     expanded_conv-input:112x112x16-output:56x56x24-expand:3-kernel:5-stride:2-idskip:0
 *     Conv-input:224x224x3-output:112x112x32      the stem
 *     Conv_1-input:7x7x320-output:7x7x1280        the head
 *     Logits-input:7x7x1280-output:1000           all that follows: pooling and classifier
 *
 * Sizes are height × width × channels. `expand` is the expansion, or, in keys that end in `-se:0-hs:0`, the hidden width.
 */
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { outputSize } from '../../architecture/layers.ts';
import { mbconvBlockSchema } from '../../contract/architecture.ts';
import type { Part } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { deviationsPerMad } from '../statistics.ts';
import {
  badRow,
  type ImportedRows,
  numberFromZero,
  type PartRow,
  positiveNumber,
  Seen,
  Skipped,
  wholeNumber,
} from './rows.ts';

const key = /^["']?[A-Za-z]\w*-input:\d+(x\d+)*-output:\d/m;

export function isBlockTable(text: string): boolean {
  return key.test(text);
}

/** @throws FastpathError `import.bad-row`, which names the line */
export function parseBlockTable(text: string): ImportedRows {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const placeOf = (node: { range?: readonly number[] | null } | null) =>
    `line ${lines.linePos(node?.range?.[0] ?? 0).line}`;
  const [error] = document.errors;
  if (error !== undefined) throw badRow(`line ${lines.linePos(error.pos[0]).line}`, error.message.split('\n')[0]!);
  if (!isMap(document.contents)) throw badRow('line 1', 'a block table is a mapping from layers to their timings');
  const parts: PartRow[] = [];
  const skipped = new Skipped();
  const seen = new Seen();
  for (const { key: layer, value } of document.contents.items) {
    const name = isScalar(layer) ? String(layer.value) : '';
    const place = placeOf(layer as { range?: readonly number[] });
    if (!isMap(value)) throw badRow(place, `${name || 'this key'} has no timing {mean, count, var}`);
    const timing = timingOf(value, place);
    const part = partOf(name, place);
    if (typeof part === 'string') {
      skipped.add(part);
      continue;
    }
    const signature = signatureOf(part);
    seen.add(signature, place, name);
    parts.push({ signature, ...timing });
  }
  return { format: 'block-table', parts, networks: [], overheadUs: null, skipped: skipped.list() };
}

function timingOf(value: YAMLMap, place: string): Omit<PartRow, 'signature'> {
  const meanMs = positiveNumber(value.get('mean'), place, 'mean');
  const deviationMs = value.has('std')
    ? numberFromZero(value.get('std'), place, 'std')
    : value.has('var')
      ? Math.sqrt(numberFromZero(value.get('var'), place, 'var'))
      : 0;
  const count = value.has('count') ? wholeNumber(value.get('count'), place, 'count') : 1;
  return { latencyUs: 1000 * meanMs, spreadUs: (1000 * deviationMs) / deviationsPerMad, count };
}

/** The part of a key, or the reason why ours has no equal. */
function partOf(name: string, place: string): Part | string {
  const [layer, ...fields] = name.split('-');
  const values = new Map(fields.map((field) => field.split(':') as [string, string | undefined]));
  const sizes = (field: string) => {
    const text = values.get(field) ?? '';
    if (!/^[1-9]\d*(x[1-9]\d*)*$/.test(text)) throw badRow(place, `"${name}" is no key of a block table`);
    return text.split('x').map(Number);
  };
  const [height, width, channels] = sizes('input');
  const output = sizes('output');
  const inputSize = height!;
  const shaped = layer === 'Logits' ? output.length === 1 : output.length === 3;
  if (channels === undefined || !shaped) throw badRow(place, `"${name}" is no key of a block table`);
  const out = output.at(-1)!;
  if (height !== width || (output.length === 3 && output[0] !== output[1])) return 'not square';
  switch (layer) {
    case 'Conv': {
      const stride = inputSize === output[0] ? 1 : 2;
      if (channels !== 3) return 'a stem on other than 3 colour channels';
      checkSize(outputSize(inputSize, 3, stride), output[0]!, name, place);
      return { kind: 'stem', stride, channels: out, inputSize };
    }
    case 'Conv_1':
      checkSize(inputSize, output[0]!, name, place);
      return { kind: 'head', in: channels, channels: out, inputSize };
    case 'Logits':
      return { kind: 'classifier', in: channels, classes: out };
    case 'expanded_conv':
      return blockOf(name, place, values, { inputSize, in: channels, out, outputSize: output[0]! });
    default:
      return `${layer} is in no network of ours`;
  }
}

interface Shape {
  inputSize: number;
  in: number;
  out: number;
  outputSize: number;
}

function blockOf(
  name: string,
  place: string,
  values: ReadonlyMap<string, string | undefined>,
  shape: Shape,
): Part | string {
  const [expand, kernel, stride, idskip] = ['expand', 'kernel', 'stride', 'idskip'].map((field) => {
    const text = values.get(field) ?? '';
    if (!/^\d+(\.\d+)?$/.test(text)) throw badRow(place, `"${name}" has no ${field}`);
    return Number(text);
  });
  if (values.get('se') === '1') return 'blocks with squeeze-and-excitation';
  if (values.get('hs') === '1') return 'blocks with h-swish';
  const hidden = values.has('se') || values.has('hs');
  const block = mbconvBlockSchema.safeParse({
    op: 'mbconv',
    kernel,
    expansion: hidden ? expand! / shape.in : expand,
    stride,
    in: shape.in,
    out: shape.out,
    shortcut: idskip === 1,
  });
  if (!block.success) {
    const path = block.error.issues[0]?.path.join('.');
    if (path === 'kernel' || path === 'stride') return `blocks of ${path} ${path === 'kernel' ? kernel : stride}`;
    throw badRow(place, `"${name}" is no block`);
  }
  if (block.data.shortcut && (stride !== 1 || shape.in !== shape.out)) {
    throw badRow(place, `"${name}" has a shortcut between tensors of different shapes`);
  }
  checkSize(outputSize(shape.inputSize, kernel!, stride!), shape.outputSize, name, place);
  return { kind: 'mbconv', block: block.data, inputSize: shape.inputSize };
}

function checkSize(expected: number, given: number, name: string, place: string): void {
  if (expected !== given) throw badRow(place, `"${name}" gives ${given} pixels where its input gives ${expected}`);
}
