/**
 * @file The operators that a network is made of once a runtime has fused it, and their signatures: one string for each,
 * equal where the work is equal. `conv-k3x3-s1x1-g1-i64-o64-q56x56-r56x56-relu-add-blocked` is a convolution of 3 × 3,
 * stride 1, one group, from 64 to 64 channels and 56 × 56 to 56 × 56 pixels, with ReLU and a sum in it, on maps whose
 * channels lie in blocks; `concat-r200704-w200704` reads and writes as many numbers.
 */
import { FastpathError } from '../../errors.ts';

/** height, width */
export type Size = readonly [number, number];

export interface ConvOperator {
  kind: 'conv';
  kernel: Size;
  stride: Size;
  groups: number;
  in: number;
  out: number;
  inputSize: Size;
  outputSize: Size;
  /** in the same pass over the output; ONNX's name in small letters */
  activation: string | null;
  /** another map is added in the same pass */
  adds: boolean;
  /** whether its output's channels lie in blocks, as vector units like them */
  blocked: boolean;
}

export interface PoolOperator {
  kind: 'maxpool' | 'averagepool';
  kernel: Size;
  stride: Size;
  channels: number;
  inputSize: Size;
  outputSize: Size;
  blocked: boolean;
}

/** A matrix of `rows` × `in` times one of `in` × `out`. */
export interface DenseOperator {
  kind: 'dense';
  rows: number;
  in: number;
  out: number;
  activation: string | null;
}

export const mapKinds = [
  'add',
  /** by a number each, or by one a channel */
  'multiply',
  /** ReLU and Clip, where no convolution takes them in */
  'clamp',
  /** sigmoid and what is made of it or of powers */
  'curve',
  'normalise',
  'softmax',
  /** means and sums over pixels or channels */
  'reduce',
  'concat',
  /** parts of a map, or more than it */
  'copy',
  'transpose',
  'resize',
  /** the same numbers under other dimensions */
  'view',
  /** channels into blocks, and out of them */
  'block',
  'unblock',
] as const;

export interface MapOperator {
  kind: (typeof mapKinds)[number];
  /** numbers read and written */
  reads: number;
  writes: number;
  blocked: boolean;
}

export type Operator = ConvOperator | PoolOperator | DenseOperator | MapOperator;

const by = ([height, width]: Size) => `${height}x${width}`;

export function operatorSignature(operator: Operator): string {
  const words = (operator: { activation?: string | null; adds?: boolean; blocked?: boolean }) =>
    [operator.activation, operator.adds && 'add', operator.blocked && 'blocked']
      .map((w) => (w ? `-${w}` : ''))
      .join('');
  switch (operator.kind) {
    case 'conv': {
      const { kernel, stride, groups, inputSize, outputSize } = operator;
      const shape = `k${by(kernel)}-s${by(stride)}-g${groups}-i${operator.in}-o${operator.out}`;
      return `conv-${shape}-q${by(inputSize)}-r${by(outputSize)}${words(operator)}`;
    }
    case 'maxpool':
    case 'averagepool': {
      const { kind, kernel, stride, channels, inputSize, outputSize } = operator;
      const shape = `k${by(kernel)}-s${by(stride)}-c${channels}-q${by(inputSize)}-r${by(outputSize)}`;
      return `${kind}-${shape}${words(operator)}`;
    }
    case 'dense':
      return `dense-n${operator.rows}-i${operator.in}-o${operator.out}${words(operator)}`;
    default:
      return `${operator.kind}-r${operator.reads}-w${operator.writes}${words(operator)}`;
  }
}

const count = '([1-9]\\d*)';
const size = `${count}x${count}`;
const activation = '(?:-(relu|clip|leakyrelu|sigmoid|tanh|hardsigmoid|hardswish))?';
const shapes = {
  conv: new RegExp(
    `^conv-k${size}-s${size}-g${count}-i${count}-o${count}-q${size}-r${size}${activation}(-add)?(-blocked)?$`,
  ),
  pool: new RegExp(`^(maxpool|averagepool)-k${size}-s${size}-c${count}-q${size}-r${size}(-blocked)?$`),
  dense: new RegExp(`^dense-n${count}-i${count}-o${count}${activation}$`),
  map: new RegExp(`^(${mapKinds.join('|')})-r(\\d+)-w(\\d+)(-blocked)?$`),
};

/**
 * The inverse of `operatorSignature`.
 * @throws FastpathError `latency.bad-signature`
 */
export function parseOperator(signature: string): Operator {
  const conv = shapes.conv.exec(signature);
  if (conv) {
    const [kh, kw, sh, sw, groups, input, out, qh, qw, rh, rw] = conv.slice(1, 12).map(Number) as Numbers<11>;
    return {
      kind: 'conv',
      kernel: [kh, kw],
      stride: [sh, sw],
      groups,
      in: input,
      out,
      inputSize: [qh, qw],
      outputSize: [rh, rw],
      activation: conv[12] ?? null,
      adds: conv[13] !== undefined,
      blocked: conv[14] !== undefined,
    };
  }
  const pool = shapes.pool.exec(signature);
  if (pool) {
    const [kh, kw, sh, sw, channels, qh, qw, rh, rw] = pool.slice(2, 11).map(Number) as Numbers<9>;
    const kind = pool[1] as PoolOperator['kind'];
    const blocked = pool[11] !== undefined;
    return { kind, kernel: [kh, kw], stride: [sh, sw], channels, inputSize: [qh, qw], outputSize: [rh, rw], blocked };
  }
  const dense = shapes.dense.exec(signature);
  if (dense) {
    const [rows, input, out] = dense.slice(1, 4).map(Number) as Numbers<3>;
    return { kind: 'dense', rows, in: input, out, activation: dense[4] ?? null };
  }
  const map = shapes.map.exec(signature);
  if (map) {
    const [, kind, reads, writes, blocked] = map;
    const numbers = { reads: Number(reads), writes: Number(writes) };
    return { kind: kind as MapOperator['kind'], ...numbers, blocked: blocked !== undefined };
  }
  throw new FastpathError('latency.bad-signature', `"${signature}" is no signature of an operator`);
}

type Numbers<N extends number, T extends number[] = []> = T['length'] extends N ? T : Numbers<N, [...T, number]>;
