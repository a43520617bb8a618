/**
 * @file What an operator's cost grows with: the quantities of work that a device's operator model weighs, each with a
 * weight that is never negative. Every fit and every prediction uses this one function.
 */
import type { ConvOperator, Operator, Size } from './operator.ts';

export interface OperatorFeatures {
  /** operators of equal kind share weights */
  kind: string;
  /** quantities of work by name: `call` is 1, `macs` are millions of multiply-adds, the others megabytes or counts */
  work: Readonly<Record<string, number>>;
  /** what networks add: megabytes of weights and of maps that other operators drove out of caches since the last call */
  cold: Readonly<Cold>;
}

export interface Cold {
  call: number;
  weights: number;
  maps: number;
}

const megabytes = (numbers: number) => (numbers * 4) / 1e6;

/** activations that cost more than a comparison */
const curves = new Set(['sigmoid', 'tanh', 'hardsigmoid', 'hardswish', 'leakyrelu']);
/** filters of a block that a kernel works on side by side, and input channels before it writes partial sums (MLAS) */
const filterBlocks = 4;
const pointwiseBatch = 128;
const cacheMegabytes = 1;

/** @param block channels in a block on the device, 0 where it has none */
export function operatorFeatures(operator: Operator, block: number): OperatorFeatures {
  switch (operator.kind) {
    case 'conv':
      return convFeatures(operator, block);
    case 'maxpool':
    case 'averagepool': {
      const { kernel, channels, inputSize, outputSize } = operator;
      const read = megabytes(channels * area(inputSize));
      const written = megabytes(channels * area(outputSize));
      const work = { call: 1, window: written * area(kernel), maps: read + written };
      return { kind: 'pool', work, cold: coldOf(0, read + written) };
    }
    case 'dense': {
      const { rows, in: input, out } = operator;
      const weights = megabytes(input * out);
      const maps = megabytes(rows * (input + out));
      const work = { call: 1, macs: (rows * input * out) / 1e6, weights, maps };
      return { kind: 'dense', work, cold: coldOf(weights, maps) };
    }
    default: {
      const maps = megabytes(operator.reads + operator.writes);
      const work = { call: 1, maps, spread: Math.max(0, maps - cacheMegabytes) };
      return { kind: operator.kind, work, cold: coldOf(0, maps) };
    }
  }
}

function convFeatures(operator: ConvOperator, block: number): OperatorFeatures {
  const { kernel, groups, in: input, out, inputSize, outputSize, activation, adds, blocked } = operator;
  const pixels = area(outputSize);
  const filled = blocked ? (channels: number) => Math.ceil(channels / block) * block : (channels: number) => channels;
  const [own, outOwn] = [input / groups, out / groups];
  const type = convType(operator);
  const depthwise = type === 'depthwise';
  const filters = depthwise ? filled(out) : groups * filled(outOwn);
  const macs = (filters * (depthwise || type === 'stem' ? own : filled(own)) * area(kernel) * pixels) / 1e6;
  const sets = depthwise ? 1 : Math.min(filterBlocks, Math.max(1, Math.ceil(outOwn / 16)));
  const written = megabytes(filled(out) * pixels);
  const maps = megabytes(filled(input) * area(inputSize)) + written;
  const weights = megabytes(out * own * area(kernel));
  const rounds = Math.ceil(own / (type === 'pointwise' ? pointwiseBatch : 16)) - 1;
  const work = {
    call: 1,
    macs,
    narrow: macs / sets,
    maps,
    partial: written * rounds,
    weights,
    groups,
    curve: activation !== null && curves.has(activation) ? written : 0,
    adds: adds ? written : 0,
  };
  return { kind: blocked || block === 0 ? type : `${type} unblocked`, work, cold: coldOf(weights, maps) };
}

function convType({ kernel, groups, in: input, out }: ConvOperator): string {
  if (groups > 1) return input === groups && out === groups ? 'depthwise' : 'grouped';
  if (input < 8) return 'stem';
  return area(kernel) === 1 ? 'pointwise' : 'conv';
}

function coldOf(weights: number, maps: number): Cold {
  return { call: 1, weights, maps };
}

function area([height, width]: Size): number {
  return height * width;
}
