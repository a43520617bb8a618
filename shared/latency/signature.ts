/**
 * @file Readable keys of a latency table: one string for each part, e.g. `mbconv-k5-e6-s2-i24-o40-r56`, with `-id`
 * behind blocks that have a shortcut. Equal signatures mean equal work.
 */

import type { MbconvBlock } from '../contract/architecture.ts';
import { FastpathError } from '../errors.ts';
import type { Part } from './part.ts';

/** @param inputSize input side in pixels */
export function blockSignature(block: MbconvBlock, inputSize: number): string {
  const { kernel, expansion, stride, shortcut } = block;
  const base = `mbconv-k${kernel}-e${expansion}-s${stride}-i${block.in}-o${block.out}-r${inputSize}`;
  return shortcut ? `${base}-id` : base;
}

export function signatureOf(part: Part): string {
  switch (part.kind) {
    case 'stem':
      return `stem-k3-s${part.stride}-o${part.channels}-r${part.inputSize}`;
    case 'mbconv':
      return blockSignature(part.block, part.inputSize);
    case 'head':
      return `head-i${part.in}-o${part.channels}-r${part.inputSize}`;
    case 'classifier':
      return `classifier-i${part.in}-c${part.classes}`;
  }
}

const shapes = {
  stem: /^stem-k3-s([12])-o([1-9]\d*)-r([1-9]\d*)$/,
  mbconv:
    /^mbconv-k([357])-e((?=[\d.]*[1-9])\d+(?:\.\d+)?(?:e[+-]\d+)?)-s([12])-i([1-9]\d*)-o([1-9]\d*)-r([1-9]\d*)(-id)?$/,
  head: /^head-i([1-9]\d*)-o([1-9]\d*)-r([1-9]\d*)$/,
  classifier: /^classifier-i([1-9]\d*)-c([1-9]\d*)$/,
};

/** kernel, expansion, stride, in, out, inputSize: what the pattern lets through */
type BlockNumbers = [3 | 5 | 7, number, 1 | 2, number, number, number];

/**
 * The part that a signature describes; the inverse of `signatureOf`.
 * @throws FastpathError `latency.bad-signature`
 */
export function parseSignature(signature: string): Part {
  const stem = shapes.stem.exec(signature);
  if (stem) {
    return { kind: 'stem', stride: stem[1] === '1' ? 1 : 2, channels: Number(stem[2]), inputSize: Number(stem[3]) };
  }
  const mbconv = shapes.mbconv.exec(signature);
  if (mbconv) {
    const [kernel, expansion, stride, input, output, inputSize] = mbconv.slice(1, 7).map(Number) as BlockNumbers;
    const block = { op: 'mbconv' as const, kernel, expansion, stride, in: input, out: output };
    return { kind: 'mbconv', block: { ...block, shortcut: mbconv[7] === '-id' }, inputSize };
  }
  const head = shapes.head.exec(signature);
  if (head) return { kind: 'head', in: Number(head[1]), channels: Number(head[2]), inputSize: Number(head[3]) };
  const classifier = shapes.classifier.exec(signature);
  if (classifier) return { kind: 'classifier', in: Number(classifier[1]), classes: Number(classifier[2]) };
  throw new FastpathError(
    'latency.bad-signature',
    `"${signature}" is no block signature; they look like mbconv-k5-e6-s2-i24-o40-r56, stem-…, head-… or classifier-…`,
  );
}
