/** @file Networks made for phones. Widths, kernels and strides are those of the tables in the papers. */
import type { CnnBuilder, Tensor } from '../../../shared/onnx/cnn-builder.ts';
import {
  type Activation,
  classes,
  classify,
  convNorm,
  depthwise,
  invertedResidual,
  rounded,
  type SqueezeExcite,
} from './layers.ts';

/** Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", 2017, table 1. */
export function mobileNetV1(b: CnnBuilder, image: Tensor): Tensor {
  const widths = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
  let x = convNorm(b, image, { out: 32, kernel: 3, stride: 2 });
  for (const out of widths) {
    const stride = out > 64 && out > x.dims[1]! ? 2 : 1;
    x = convNorm(b, depthwise(b, x, { kernel: 3, stride }), { out, kernel: 1 });
  }
  return classify(b, x);
}

/** Sandler et al., CVPR 2018, table 2: expansion, channels, blocks, stride. */
export function mobileNetV2(b: CnnBuilder, image: Tensor): Tensor {
  const stages = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  let x = convNorm(b, image, { out: 32, kernel: 3, stride: 2 }, 'relu6');
  for (const [expansion, out, blocks, first] of stages) {
    for (let i = 0; i < blocks; i++) {
      const hidden = expansion * x.dims[1]!;
      x = invertedResidual(b, x, { kernel: 3, hidden, out, stride: i === 0 ? first : 1, activation: 'relu6' });
    }
  }
  return classify(b, convNorm(b, x, { out: 1280, kernel: 1 }, 'relu6'));
}

/** Howard et al., "Searching for MobileNetV3", ICCV 2019, table 1: kernel, hidden, channels, SE, activation, stride. */
export function mobileNetV3Large(b: CnnBuilder, image: Tensor): Tensor {
  const blocks: readonly (readonly [number, number, number, boolean, Activation, number])[] = [
    [3, 16, 16, false, 'relu', 1],
    [3, 64, 24, false, 'relu', 2],
    [3, 72, 24, false, 'relu', 1],
    [5, 72, 40, true, 'relu', 2],
    [5, 120, 40, true, 'relu', 1],
    [5, 120, 40, true, 'relu', 1],
    [3, 240, 80, false, 'hardSwish', 2],
    [3, 200, 80, false, 'hardSwish', 1],
    [3, 184, 80, false, 'hardSwish', 1],
    [3, 184, 80, false, 'hardSwish', 1],
    [3, 480, 112, true, 'hardSwish', 1],
    [3, 672, 112, true, 'hardSwish', 1],
    [5, 672, 160, true, 'hardSwish', 2],
    [5, 960, 160, true, 'hardSwish', 1],
    [5, 960, 160, true, 'hardSwish', 1],
  ];
  let x = convNorm(b, image, { out: 16, kernel: 3, stride: 2 }, 'hardSwish');
  for (const [kernel, hidden, out, excited, activation, stride] of blocks) {
    const squeezeExcite = { squeezed: rounded(hidden / 4), activation: 'relu', gate: 'hardSigmoid' } as const;
    x = invertedResidual(b, x, { kernel, hidden, out, stride, activation, ...(excited && { squeezeExcite }) });
  }
  const pooled = b.globalAveragePool(convNorm(b, x, { out: 960, kernel: 1 }, 'hardSwish'));
  return b.dense(b.hardSwish(b.dense(b.flatten(pooled), 1280)), classes);
}

/** Tan and Le, "EfficientNet", ICML 2019, table 1: expansion, kernel, stride, channels, blocks. */
export function efficientNetB0(b: CnnBuilder, image: Tensor): Tensor {
  const stages = [
    [1, 3, 1, 16, 1],
    [6, 3, 2, 24, 2],
    [6, 5, 2, 40, 2],
    [6, 3, 2, 80, 3],
    [6, 5, 1, 112, 3],
    [6, 5, 2, 192, 4],
    [6, 3, 1, 320, 1],
  ] as const;
  let x = convNorm(b, image, { out: 32, kernel: 3, stride: 2 }, 'silu');
  for (const [expansion, kernel, first, out, blocks] of stages) {
    for (let i = 0; i < blocks; i++) {
      const channels = x.dims[1]!;
      const excite: SqueezeExcite = { squeezed: Math.max(1, channels >> 2), activation: 'silu', gate: 'sigmoid' };
      const stride = i === 0 ? first : 1;
      const hidden = expansion * channels;
      x = invertedResidual(b, x, { kernel, hidden, out, stride, activation: 'silu', squeezeExcite: excite });
    }
  }
  return classify(b, convNorm(b, x, { out: 1280, kernel: 1 }, 'silu'));
}

/** Tan et al., "MnasNet", CVPR 2019, figure 7 (A1): expansion, kernel, SE, stride, channels, blocks. */
export function mnasNetA1(b: CnnBuilder, image: Tensor): Tensor {
  const stages = [
    [6, 3, false, 2, 24, 2],
    [3, 5, true, 2, 40, 3],
    [6, 3, false, 2, 80, 4],
    [6, 3, true, 1, 112, 2],
    [6, 5, true, 2, 160, 3],
    [6, 3, false, 1, 320, 1],
  ] as const;
  let x = convNorm(b, image, { out: 32, kernel: 3, stride: 2 });
  x = convNorm(b, depthwise(b, x, { kernel: 3 }), { out: 16, kernel: 1 }, 'none');
  for (const [expansion, kernel, excited, first, out, blocks] of stages) {
    for (let i = 0; i < blocks; i++) {
      const channels = x.dims[1]!;
      const excite: SqueezeExcite = { squeezed: Math.max(1, channels >> 2), activation: 'relu', gate: 'sigmoid' };
      const shape = { kernel, hidden: expansion * channels, out, stride: i === 0 ? first : 1 };
      x = invertedResidual(b, x, { ...shape, activation: 'relu', ...(excited && { squeezeExcite: excite }) });
    }
  }
  return classify(b, convNorm(b, x, { out: 1280, kernel: 1 }));
}

/** Han et al., "GhostNet", CVPR 2020, table 7: kernel, hidden, channels, SE, stride. */
export function ghostNet(b: CnnBuilder, image: Tensor): Tensor {
  const blocks: readonly (readonly [number, number, number, boolean, number])[] = [
    [3, 16, 16, false, 1],
    [3, 48, 24, false, 2],
    [3, 72, 24, false, 1],
    [5, 72, 40, true, 2],
    [5, 120, 40, true, 1],
    [3, 240, 80, false, 2],
    [3, 200, 80, false, 1],
    [3, 184, 80, false, 1],
    [3, 184, 80, false, 1],
    [3, 480, 112, true, 1],
    [3, 672, 112, true, 1],
    [5, 672, 160, true, 2],
    [5, 960, 160, false, 1],
    [5, 960, 160, true, 1],
    [5, 960, 160, false, 1],
    [5, 960, 160, true, 1],
  ];
  let x = convNorm(b, image, { out: 16, kernel: 3, stride: 2 });
  for (const block of blocks) x = ghostBlock(b, x, block);
  const pooled = b.globalAveragePool(convNorm(b, x, { out: 960, kernel: 1 }));
  return b.dense(b.relu(b.dense(b.flatten(pooled), 1280)), classes);
}

function ghostBlock(
  b: CnnBuilder,
  input: Tensor,
  [kernel, hidden, out, excited, stride]: readonly [number, number, number, boolean, number],
): Tensor {
  let x = ghostModule(b, input, hidden, 'relu');
  if (stride > 1) x = depthwise(b, x, { kernel, stride }, 'none');
  if (excited) x = excite(b, x, rounded(hidden / 4, 4));
  x = ghostModule(b, x, out, 'none');
  if (stride === 1 && input.dims[1] === out) return b.add(x, input);
  const shortcut = convNorm(b, depthwise(b, input, { kernel, stride }, 'none'), { out, kernel: 1 }, 'none');
  return b.add(x, shortcut);
}

function excite(b: CnnBuilder, input: Tensor, squeezed: number): Tensor {
  const reduced = b.relu(b.conv(b.globalAveragePool(input), { out: squeezed, kernel: 1 }));
  return b.multiply(input, b.hardSigmoid(b.conv(reduced, { out: input.dims[1]!, kernel: 1 })));
}

/** Half of the channels by a convolution, the other half by a cheap one over these. */
function ghostModule(b: CnnBuilder, input: Tensor, out: number, activation: Activation): Tensor {
  const primary = convNorm(b, input, { out: Math.ceil(out / 2), kernel: 1 }, activation);
  return b.concat([primary, depthwise(b, primary, { kernel: 3 }, activation)]);
}

/** Ma et al., "ShuffleNet V2", ECCV 2018, table 5 (1×): channels, units. */
export function shuffleNetV2(b: CnnBuilder, image: Tensor): Tensor {
  let x = convNorm(b, image, { out: 24, kernel: 3, stride: 2 });
  x = b.maxPool(x, { kernel: 3, stride: 2, pad: 1 });
  for (const [out, units] of [
    [116, 4],
    [232, 8],
    [464, 4],
  ] as const) {
    for (let i = 0; i < units; i++) x = shuffleUnit(b, x, out, i === 0 ? 2 : 1);
  }
  return classify(b, convNorm(b, x, { out: 1024, kernel: 1 }));
}

function shuffleUnit(b: CnnBuilder, input: Tensor, channels: number, stride: number): Tensor {
  const half = channels / 2;
  const [left, right] =
    stride === 1
      ? [b.slice(input, 0, half), b.slice(input, half, channels)]
      : [convNorm(b, depthwise(b, input, { kernel: 3, stride }, 'none'), { out: half, kernel: 1 }), input];
  const expanded = convNorm(b, right, { out: half, kernel: 1 });
  const filtered = depthwise(b, expanded, { kernel: 3, stride }, 'none');
  return b.shuffle(b.concat([left, convNorm(b, filtered, { out: half, kernel: 1 })]), 2);
}
