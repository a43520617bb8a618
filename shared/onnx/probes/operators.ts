/**
 * @file Small models that tell what single operators cost: each kind at sizes drawn at random, so that they span what
 * networks have without lying on a grid.
 */
import { Random } from '../../random.ts';
import { CnnBuilder, type Tensor } from '../cnn-builder.ts';
import type { Probe } from './probe.ts';

type Draw = (b: CnnBuilder, random: Random) => Tensor;

/** how many of each kind */
const draws: readonly (readonly [number, string, Draw])[] = [
  [90, 'pointwise', (b, random) => convolve(b, random, 1)],
  [60, 'conv', (b, random) => convolve(b, random, 3)],
  [14, 'large conv', (b, random) => convolve(b, random, pick(random, [5, 7]))],
  [12, 'stem', stem],
  [40, 'grouped', grouped],
  [50, 'depthwise', depthwise],
  [20, 'pool', pool],
  [12, 'global pool', (b, random) => b.globalAveragePool(b.input(...map(random, 1)))],
  [18, 'dense', dense],
  [12, 'add', (b, random) => pairwise(b, random)],
  [14, 'excite', excite],
  [8, 'clamp', (b, random) => b.relu(b.input(...map(random, 1)))],
  [12, 'curve', (b, random) => pick(random, [b.sigmoid, b.hardSwish, b.silu]).call(b, b.input(...map(random, 1)))],
  [14, 'concat', concat],
  [12, 'copy', copy],
  [12, 'shuffle', (b, random) => shuffle(b, random)],
  [8, 'normalise', (b, random) => b.batchNorm(b.input(...map(random, 1)))],
  [4, 'softmax', (b, random) => b.softmax(b.input(1, Math.round(logUniform(random, 10, 20_000))))],
];

export function operatorProbes(seed: number): Probe[] {
  return draws.flatMap(([count, kind, draw]) =>
    Array.from({ length: count }, (_, i) => {
      const key = `probe ${kind} ${i}`;
      return {
        key,
        whole: false,
        write: () => {
          const builder = new CnnBuilder();
          return builder.finish(key, [draw(builder, Random.named(seed, key))]);
        },
      };
    }),
  );
}

/** multiply-adds of a probe: more would take its time from the others */
const mostMacs = 2.5e8;

function convolve(b: CnnBuilder, random: Random, kernel: number): Tensor {
  for (;;) {
    const side = sideOf(random, kernel === 1);
    const [input, out] = [channelsOf(random), channelsOf(random)];
    const stride = random.uniform() < (kernel === 1 ? 0.1 : 0.25) && side > 1 ? 2 : 1;
    if (tooLarge((input * out * (kernel * side) ** 2) / stride ** 2, input, out, side)) continue;
    return activated(b, random, b.conv(b.input(1, input, side, side), { out, kernel, stride }));
  }
}

function stem(b: CnnBuilder, random: Random): Tensor {
  const side = pick(random, [64, 96, 128, 160, 192, 224]);
  const kernel = pick(random, [3, 3, 7]);
  const out = pick(random, [16, 24, 32, 48, 64]);
  return activated(b, random, b.conv(b.input(1, 3, side, side), { out, kernel, stride: 2 }));
}

function grouped(b: CnnBuilder, random: Random): Tensor {
  for (;;) {
    const side = sideOf(random, false);
    const width = pick(random, [4, 8, 8, 16, 16, 24, 32, 48, 64]);
    const groups = Math.round(logUniform(random, 2, 56));
    const channels = width * groups;
    const stride = random.uniform() < 0.25 ? 2 : 1;
    if (tooLarge((9 * width * channels * side ** 2) / stride ** 2, channels, channels, side)) continue;
    return activated(b, random, b.conv(b.input(1, channels, side, side), { out: channels, kernel: 3, stride, groups }));
  }
}

function depthwise(b: CnnBuilder, random: Random): Tensor {
  for (;;) {
    const side = sideOf(random, false);
    const kernel = pick(random, [3, 3, 5, 7]);
    const channels = channelsOf(random);
    if (tooLarge(0, channels, channels, side)) continue;
    const stride = random.uniform() < 0.3 ? 2 : 1;
    const options = { out: channels, kernel, stride, groups: channels };
    return activated(b, random, b.conv(b.input(1, channels, side, side), options));
  }
}

function pool(b: CnnBuilder, random: Random): Tensor {
  const input = b.input(...map(random, 1, 7));
  const [kernel, stride] = pick(random, [
    [3, 2],
    [2, 2],
    [3, 1],
  ] as const);
  const how = { kernel, stride, pad: kernel >> 1 };
  return random.uniform() < 0.7 ? b.maxPool(input, how) : b.averagePool(input, how);
}

function dense(b: CnnBuilder, random: Random): Tensor {
  const [input, out] = [Math.round(logUniform(random, 32, 4096)), Math.round(logUniform(random, 10, 4096))];
  return b.dense(b.input(1, input), out);
}

function pairwise(b: CnnBuilder, random: Random): Tensor {
  const dims = map(random, 2);
  return b.add(b.input(...dims), b.input(...dims));
}

function excite(b: CnnBuilder, random: Random): Tensor {
  const dims = map(random, 2);
  return b.multiply(b.input(...dims), b.input(dims[0], dims[1], 1, 1));
}

function concat(b: CnnBuilder, random: Random): Tensor {
  const [, channels, side] = map(random, 2);
  const count = pick(random, [2, 2, 3, 4]);
  return b.concat(Array.from({ length: count }, () => b.input(1, Math.ceil(channels / count), side, side)));
}

function copy(b: CnnBuilder, random: Random): Tensor {
  const dims = map(random, 1);
  return b.slice(b.input(...dims), 0, Math.ceil(dims[1] / 2));
}

function shuffle(b: CnnBuilder, random: Random): Tensor {
  const [, channels, side] = map(random, 1);
  return b.shuffle(b.input(1, 4 * Math.ceil(channels / 4), side, side), pick(random, [2, 2, 4]));
}

function activated(b: CnnBuilder, random: Random, x: Tensor): Tensor {
  const kind = pick(random, ['relu', 'relu', 'none', 'relu6', 'hardSwish', 'sigmoid'] as const);
  return kind === 'none' ? x : b[kind](x);
}

/** [1, channels, side, side] of which `count` stay within some megabytes */
function map(random: Random, count: number, least = 1): [number, number, number, number] {
  for (;;) {
    const side = Math.max(least, sideOf(random, false));
    const channels = channelsOf(random);
    if (count * channels * side ** 2 < 1.6e6) return [1, channels, side, side];
  }
}

function tooLarge(macs: number, input: number, out: number, side: number): boolean {
  return macs > mostMacs || (input + out) * side ** 2 > 3e6;
}

/** Pixels as networks have them, and single ones behind pooling. */
function sideOf(random: Random, single: boolean): number {
  if (single && random.uniform() < 0.15) return 1;
  return Math.round(logUniform(random, 5, 120));
}

/** Mostly multiples of 8 and 16; others do not fill blocks of channels, or cannot be put into them. */
export function channelsOf(random: Random, least = 8, most = 1024): number {
  const step = pick(random, [8, 8, 16, 16, 4, 2]);
  return Math.max(step, step * Math.round(logUniform(random, least, most) / step));
}

export function logUniform(random: Random, least: number, most: number): number {
  return least * (most / least) ** random.uniform();
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)]!;
}
