/**
 * @file Whole networks drawn at random, of the kinds of blocks that networks are made of: they tell what operators cost
 * behind one another, with weights that no cache holds any more.
 */
import { Random } from '../../random.ts';
import { CnnBuilder, type Tensor } from '../cnn-builder.ts';
import { logUniform, pick } from './operators.ts';
import type { Probe } from './probe.ts';

type Block = (b: CnnBuilder, x: Tensor, shape: Shape) => Tensor;

interface Shape {
  out: number;
  stride: number;
  style: Style;
}

/** What all blocks of a network have in common. */
interface Style {
  activation: 'relu' | 'relu6' | 'hardSwish' | 'silu';
  kernel: number;
  expansion: number;
  excited: boolean;
  groupWidth: number;
}

export function networkProbes(seed: number, count: number): Probe[] {
  return Array.from({ length: count }, (_, i) => {
    const key = `probe network ${i}`;
    return {
      key,
      whole: true,
      write: () => {
        const random = Random.named(seed, key);
        for (;;) {
          const builder = new CnnBuilder();
          const output = draw(builder, random);
          if (builder.macs > leastMacs && builder.macs < mostMacs) return builder.finish(key, [output]);
        }
      },
    };
  });
}

/** multiply-adds of a network: less is none that somebody asks about, more would take its time from the others */
const leastMacs = 5e7;
const mostMacs = 2.5e9;
const mostChannels = 512;

function draw(b: CnnBuilder, random: Random): Tensor {
  const side = 32 * (4 + random.below(4));
  const step = pick(random, [8, 8, 8, 16, 16, 4, 2]);
  const width = (channels: number) => Math.max(step, step * Math.round(channels / step));
  const style: Style = {
    activation: pick(random, ['relu', 'relu', 'relu6', 'hardSwish', 'silu'] as const),
    kernel: pick(random, [3, 3, 5]),
    expansion: pick(random, [3, 4, 6]),
    excited: random.uniform() < 0.35,
    groupWidth: pick(random, [8, 16, 16, 32]),
  };
  const kinds = Object.values(blocks);
  const [main, other] = [pick(random, kinds), pick(random, kinds)];
  const stemKernel = pick(random, [3, 3, 7]);
  let x = act(
    b,
    b.conv(b.input(1, 3, side, side), { out: width(logUniform(random, 16, 64)), kernel: stemKernel, stride: 2 }),
    style,
  );
  if (random.uniform() < 0.4) x = b.maxPool(x, { kernel: 3, stride: 2, pad: 1 });
  let channels = width(logUniform(random, 16, 96));
  const stages = 3 + random.below(3);
  for (let stage = 0; stage < stages; stage++) {
    const length = 1 + random.below(6);
    for (let i = 0; i < length; i++) {
      const block = random.uniform() < 0.75 ? main : other;
      x = block(b, x, { out: channels, stride: i === 0 && stage > 0 ? 2 : 1, style });
    }
    channels = width(Math.min(mostChannels, channels * (1.4 + random.uniform())));
  }
  if (random.uniform() < 0.5) x = act(b, b.conv(x, { out: width(2 * channels), kernel: 1 }), style);
  return b.dense(b.flatten(b.globalAveragePool(x)), pick(random, [10, 100, 1000]));
}

function act(b: CnnBuilder, x: Tensor, { activation }: Style): Tensor {
  return b[activation](x);
}

/** Added where it fits, brought to size by a convolution where it does not. */
function residual(b: CnnBuilder, body: Tensor, x: Tensor, stride: number): Tensor {
  const out = body.dims[1]!;
  return b.add(body, stride === 1 && x.dims[1] === out ? x : b.conv(x, { out, kernel: 1, stride }));
}

function gate(b: CnnBuilder, x: Tensor, { activation }: Style): Tensor {
  const channels = x.dims[1]!;
  const reduced = b.relu(b.conv(b.globalAveragePool(x), { out: Math.max(4, channels >> 2), kernel: 1 }));
  const gates = b.conv(reduced, { out: channels, kernel: 1 });
  return b.multiply(x, activation === 'hardSwish' ? b.hardSigmoid(gates) : b.sigmoid(gates));
}

const blocks: Readonly<Record<string, Block>> = {
  plain: (b, x, { out, stride, style }) => act(b, b.conv(x, { out, kernel: 3, stride }), style),
  basic: (b, x, { out, stride, style }) => {
    const body = b.conv(act(b, b.conv(x, { out, kernel: 3, stride }), style), { out, kernel: 3 });
    return act(b, residual(b, body, x, stride), style);
  },
  bottleneck: (b, x, { out, stride, style }) => {
    const narrow = act(b, b.conv(x, { out, kernel: 1 }), style);
    const filtered = act(b, b.conv(narrow, { out, kernel: 3, stride }), style);
    return act(b, residual(b, b.conv(filtered, { out: 2 * out, kernel: 1 }), x, stride), style);
  },
  grouped: (b, x, { out, stride, style }) => {
    const groups = Math.max(1, Math.round(out / style.groupWidth));
    const channels = groups * style.groupWidth;
    const narrow = act(b, b.conv(x, { out: channels, kernel: 1 }), style);
    const filtered = act(b, b.conv(narrow, { out: channels, kernel: 3, stride, groups }), style);
    const gated = style.excited ? gate(b, filtered, style) : filtered;
    return act(b, residual(b, b.conv(gated, { out: channels, kernel: 1 }), x, stride), style);
  },
  inverted: (b, x, { out, stride, style }) => {
    const hidden = style.expansion * x.dims[1]!;
    const expanded = act(b, b.conv(x, { out: hidden, kernel: 1 }), style);
    const filtered = act(b, b.conv(expanded, { out: hidden, kernel: style.kernel, stride, groups: hidden }), style);
    const body = b.conv(style.excited ? gate(b, filtered, style) : filtered, { out, kernel: 1 });
    return stride === 1 && x.dims[1] === out ? b.add(body, x) : body;
  },
  separable: (b, x, { out, stride, style }) => {
    const channels = x.dims[1]!;
    const filtered = act(b, b.conv(x, { out: channels, kernel: style.kernel, stride, groups: channels }), style);
    return act(b, b.conv(filtered, { out, kernel: 1 }), style);
  },
  branches: (b, given, { out, stride, style }) => {
    const x = stride === 1 ? given : b.maxPool(given, { kernel: 3, stride, pad: 1 });
    const half = 8 * Math.ceil(out / 16);
    const narrow = act(b, b.conv(x, { out: half, kernel: 1 }), style);
    return b.concat([
      act(b, b.conv(x, { out: half, kernel: 1 }), style),
      act(b, b.conv(narrow, { out: half, kernel: 3 }), style),
    ]);
  },
  shuffled: (b, x, { out, stride, style }) => {
    const half = 4 * Math.ceil(out / 8);
    const channels = x.dims[1]!;
    const cut = stride === 1 && channels % 2 === 0;
    const left = cut ? b.slice(x, 0, channels / 2) : act(b, b.conv(x, { out: half, kernel: 1, stride }), style);
    const right = cut ? b.slice(x, channels / 2, channels) : x;
    const expanded = act(b, b.conv(right, { out: half, kernel: 1 }), style);
    const filtered = b.conv(expanded, { out: half, kernel: 3, stride, groups: half });
    const joined = b.concat([left, act(b, b.conv(filtered, { out: half, kernel: 1 }), style)]);
    return joined.dims[1]! % 2 === 0 ? b.shuffle(joined, 2) : joined;
  },
  grown: (b, given, { out, stride, style }) => {
    const x = stride === 1 ? given : b.averagePool(given, { kernel: 2, stride });
    const growth = 8 * Math.ceil(out / 32);
    const narrow = b.conv(b.relu(b.batchNorm(x)), { out: 2 * growth, kernel: 1 });
    return b.concat([x, b.conv(act(b, b.batchNorm(narrow), style), { out: growth, kernel: 3 })]);
  },
};
