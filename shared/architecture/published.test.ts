import { expect, describe as suite, test } from 'vitest';
import { describe } from './describe.ts';
import { architectureOfPublished, isPublishedConfiguration } from './published.ts';

type Choice = [kernel: number, expansion: number] | null;

const conv = (inChannels: number, outChannels: number, kernel: number, stride: number, ratio: number) => ({
  name: 'MBInvertedConvLayer',
  in_channels: inChannels,
  out_channels: outChannels,
  kernel_size: kernel,
  stride,
  expand_ratio: ratio,
});
const identity = { name: 'IdentityLayer', use_bn: false, act_func: null };
const convLayer = (inChannels: number, outChannels: number, kernel: number, stride: number) => ({
  name: 'ConvLayer',
  kernel_size: kernel,
  stride,
  dilation: 1,
  groups: 1,
  bias: false,
  in_channels: inChannels,
  out_channels: outChannels,
  use_bn: true,
  act_func: 'relu6',
  ops_order: 'weight_bn_act',
});

/** A configuration as published: kernel and expansion of each block of each stage, null where it was left out. */
function published(stages: { width: number; stride: number; choices: Choice[] }[]) {
  const residual = (mobile_inverted_conv: object, shortcut: object | null) => ({
    name: 'MobileInvertedResidualBlock',
    mobile_inverted_conv,
    shortcut,
  });
  const blocks = [residual(conv(32, 16, 3, 1, 1), null)];
  let width = 16;
  for (const stage of stages) {
    stage.choices.forEach((choice, i) => {
      const shortcut = i === 0 ? null : identity;
      blocks.push(
        choice === null
          ? residual({ name: 'ZeroLayer', stride: 1 }, shortcut)
          : residual(conv(width, stage.width, choice[0], i === 0 ? stage.stride : 1, choice[1]), shortcut),
      );
      width = stage.width;
    });
  }
  return {
    name: 'ProxylessNASNets',
    bn: { momentum: 0.1, eps: 0.001 },
    first_conv: convLayer(3, 32, 3, 2),
    blocks,
    feature_mix_layer: convLayer(width, 1280, 1, 1),
    classifier: { name: 'LinearLayer', in_features: 1280, out_features: 1000, bias: true, dropout_rate: 0 },
  };
}

/** Proxyless-Mobile, as Cai, Zhu, Han drew it. */
const mobile = () =>
  published([
    { width: 32, stride: 2, choices: [[5, 3], [3, 3], null, null] },
    {
      width: 40,
      stride: 2,
      choices: [
        [7, 3],
        [3, 3],
        [5, 3],
        [5, 3],
      ],
    },
    {
      width: 80,
      stride: 2,
      choices: [
        [7, 6],
        [5, 3],
        [5, 3],
        [5, 3],
      ],
    },
    {
      width: 96,
      stride: 1,
      choices: [
        [5, 6],
        [5, 3],
        [5, 3],
        [5, 3],
      ],
    },
    {
      width: 192,
      stride: 2,
      choices: [
        [7, 6],
        [7, 6],
        [7, 3],
        [7, 3],
      ],
    },
    { width: 320, stride: 1, choices: [[7, 6]] },
  ]);

test('the published network for phones has the multiply-adds and parameters that were published', () => {
  const architecture = architectureOfPublished(JSON.parse(JSON.stringify(mobile())));
  const { macs, parameters } = describe(architecture);
  expect(architecture).toMatchObject({ resolution: 224, classes: 1000 });
  expect(architecture.blocks).toHaveLength(20);
  expect(Math.round(macs / 1e6)).toBe(320);
  expect((parameters / 1e6).toFixed(1)).toBe('4.1');
});

test('a hidden width says the same as a ratio', () => {
  const config = mobile();
  const [, second] = config.blocks;
  Object.assign(second!.mobile_inverted_conv, { expand_ratio: null, mid_channels: 48 });
  expect(architectureOfPublished(config)).toEqual(architectureOfPublished(mobile()));
});

suite('what has no equal here is named', () => {
  const changed = (change: (config: ReturnType<typeof mobile>) => void) => {
    const config = mobile();
    change(config);
    return () => architectureOfPublished(config);
  };
  test.each<[string, (config: ReturnType<typeof mobile>) => void, RegExp]>([
    [
      'squeeze-and-excitation',
      (c) => Object.assign(c.blocks[5]!.mobile_inverted_conv, { use_se: true }),
      /^configuration: block 6: squeeze-and-excitation has no equal here$/,
    ],
    [
      'h-swish',
      (c) => Object.assign(c.first_conv, { act_func: 'h_swish' }),
      /^configuration: first_conv: activation h_swish/,
    ],
    [
      'no feature mix',
      (c) => Object.assign(c, { feature_mix_layer: null }),
      /^configuration: feature_mix_layer: a network without one/,
    ],
    [
      'a layer behind the blocks',
      (c) => Object.assign(c, { final_expand_layer: convLayer(1, 1, 1, 1) }),
      /^configuration: final_expand_layer/,
    ],
    [
      'a hole in the network',
      (c) => Object.assign(c.blocks[3]!, { shortcut: null }),
      /^configuration: block 4: a ZeroLayer without shortcut/,
    ],
    [
      'another kernel',
      (c) => Object.assign(c.blocks[1]!.mobile_inverted_conv, { kernel_size: 9 }),
      /^architecture: block 2: kernel must be 3, 5 or 7, not 9$/,
    ],
    [
      'widths that do not fit',
      (c) => Object.assign(c.blocks[1]!.mobile_inverted_conv, { in_channels: 17 }),
      /^architecture: block 2: in must be 16/,
    ],
    ['no classifier', (c) => Object.assign(c, { classifier: undefined }), /^configuration: classifier is missing$/],
  ])('%s', (_, change, line) => {
    expect(changed(change)).toThrow(line);
  });
});

test('an own architecture is none', () => {
  expect(isPublishedConfiguration(mobile())).toBe(true);
  for (const other of [null, [], 'blocks', { blocks: [] }]) expect(isPublishedConfiguration(other)).toBe(false);
});
