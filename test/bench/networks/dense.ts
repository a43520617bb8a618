/** @file Networks of full convolutions. Widths, kernels and strides are those of the tables in the papers. */
import type { CnnBuilder, Tensor } from '../../../shared/onnx/cnn-builder.ts';
import { classes, classify, convNorm, squeezeExcite } from './layers.ts';

/** He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1. */
export function resNet18(b: CnnBuilder, image: Tensor): Tensor {
  let x = resNetStem(b, image);
  for (const out of [64, 128, 256, 512]) {
    for (let i = 0; i < 2; i++) {
      const stride = i === 0 && out > 64 ? 2 : 1;
      const body = convNorm(b, convNorm(b, x, { out, kernel: 3, stride }), { out, kernel: 3 }, 'none');
      x = b.relu(b.add(body, shortcut(b, x, out, stride)));
    }
  }
  return classify(b, x);
}

/** The same table; the stride in the 3 × 3 convolution, as implementations have it. */
export function resNet50(b: CnnBuilder, image: Tensor): Tensor {
  let x = resNetStem(b, image);
  for (const [width, blocks] of [
    [64, 3],
    [128, 4],
    [256, 6],
    [512, 3],
  ] as const) {
    for (let i = 0; i < blocks; i++) {
      const stride = i === 0 && width > 64 ? 2 : 1;
      const body = convNorm(b, convNorm(b, x, { out: width, kernel: 1 }), { out: width, kernel: 3, stride });
      const out = convNorm(b, body, { out: 4 * width, kernel: 1 }, 'none');
      x = b.relu(b.add(out, shortcut(b, x, 4 * width, stride)));
    }
  }
  return classify(b, x);
}

function resNetStem(b: CnnBuilder, image: Tensor): Tensor {
  const x = convNorm(b, image, { out: 64, kernel: 7, stride: 2 });
  return b.maxPool(x, { kernel: 3, stride: 2, pad: 1 });
}

function shortcut(b: CnnBuilder, input: Tensor, out: number, stride: number): Tensor {
  if (stride === 1 && input.dims[1] === out) return input;
  return convNorm(b, input, { out, kernel: 1, stride }, 'none');
}

/** Radosavovic et al., "Designing Network Design Spaces", CVPR 2020, table 13 (X-400MF). */
export function regNetX400(b: CnnBuilder, image: Tensor): Tensor {
  const stages = { depths: [1, 2, 7, 12], widths: [32, 64, 160, 400], groupWidth: 16, excited: false };
  return regNet(b, image, stages);
}

/** The same, table 15 (Y-400MF): with squeeze-and-excitation. */
export function regNetY400(b: CnnBuilder, image: Tensor): Tensor {
  const stages = { depths: [1, 3, 6, 6], widths: [48, 104, 208, 440], groupWidth: 8, excited: true };
  return regNet(b, image, stages);
}

interface RegNetStages {
  depths: readonly number[];
  widths: readonly number[];
  groupWidth: number;
  excited: boolean;
}

function regNet(b: CnnBuilder, image: Tensor, { depths, widths, groupWidth, excited }: RegNetStages): Tensor {
  let x = convNorm(b, image, { out: 32, kernel: 3, stride: 2 });
  for (const [stage, out] of widths.entries()) {
    for (let i = 0; i < depths[stage]!; i++) {
      const stride = i === 0 ? 2 : 1;
      const reduced = convNorm(b, x, { out, kernel: 1 });
      let body = convNorm(b, reduced, { out, kernel: 3, stride, groups: out / groupWidth });
      const squeezed = Math.round(x.dims[1]! / 4);
      if (excited) body = squeezeExcite(b, body, { squeezed, activation: 'relu', gate: 'sigmoid' });
      const last = convNorm(b, body, { out, kernel: 1 }, 'none');
      x = b.relu(b.add(last, shortcut(b, x, out, stride)));
    }
  }
  return classify(b, x);
}

/** Huang et al., "Densely Connected Convolutional Networks", CVPR 2017, table 1 (121 layers, growth 32). */
export function denseNet121(b: CnnBuilder, image: Tensor): Tensor {
  const growth = 32;
  let x = resNetStem(b, image);
  for (const [stage, layers] of [6, 12, 24, 16].entries()) {
    if (stage > 0) {
      const half = b.conv(b.relu(b.batchNorm(x)), { out: x.dims[1]! / 2, kernel: 1 });
      x = b.averagePool(half, { kernel: 2, stride: 2 });
    }
    for (let i = 0; i < layers; i++) {
      const narrow = b.conv(b.relu(b.batchNorm(x)), { out: 4 * growth, kernel: 1 });
      x = b.concat([x, b.conv(b.relu(b.batchNorm(narrow)), { out: growth, kernel: 3 })]);
    }
  }
  return classify(b, b.relu(b.batchNorm(x)));
}

/** Iandola et al., "SqueezeNet", 2016, as its version 1.1 (released with the paper's code): squeezed, expanded. */
export function squeezeNet(b: CnnBuilder, image: Tensor): Tensor {
  const pool = { kernel: 3, stride: 2, ceil: true };
  let x = b.maxPool(b.relu(b.conv(image, { out: 64, kernel: 3, stride: 2, pad: 0 })), pool);
  for (const [i, squeezed] of [16, 16, 32, 32, 48, 48, 64, 64].entries()) {
    if (i === 2 || i === 4) x = b.maxPool(x, pool);
    const out = 4 * squeezed;
    const narrow = b.relu(b.conv(x, { out: squeezed, kernel: 1 }));
    x = b.concat([b.relu(b.conv(narrow, { out, kernel: 1 })), b.relu(b.conv(narrow, { out, kernel: 3 }))]);
  }
  return b.flatten(b.globalAveragePool(b.relu(b.conv(x, { out: classes, kernel: 1 }))));
}

/** Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, table 1, with batch norm for response normalisation. */
export function googLeNet(b: CnnBuilder, image: Tensor): Tensor {
  const pool = { kernel: 3, stride: 2, ceil: true };
  let x = b.maxPool(convNorm(b, image, { out: 64, kernel: 7, stride: 2 }), pool);
  x = b.maxPool(convNorm(b, convNorm(b, x, { out: 64, kernel: 1 }), { out: 192, kernel: 3 }), pool);
  // 1 × 1, reduced 3 × 3, 3 × 3, reduced 5 × 5, 5 × 5, behind pooling
  const modules = [
    [64, 96, 128, 16, 32, 32],
    [128, 128, 192, 32, 96, 64],
    [192, 96, 208, 16, 48, 64],
    [160, 112, 224, 24, 64, 64],
    [128, 128, 256, 24, 64, 64],
    [112, 144, 288, 32, 64, 64],
    [256, 160, 320, 32, 128, 128],
    [256, 160, 320, 32, 128, 128],
    [384, 192, 384, 48, 128, 128],
  ] as const;
  for (const [i, [one, reduced3, three, reduced5, five, pooled]] of modules.entries()) {
    if (i === 2 || i === 7) x = b.maxPool(x, pool);
    x = b.concat([
      convNorm(b, x, { out: one, kernel: 1 }),
      convNorm(b, convNorm(b, x, { out: reduced3, kernel: 1 }), { out: three, kernel: 3 }),
      convNorm(b, convNorm(b, x, { out: reduced5, kernel: 1 }), { out: five, kernel: 5 }),
      convNorm(b, b.maxPool(x, { kernel: 3, stride: 1, pad: 1 }), { out: pooled, kernel: 1 }),
    ]);
  }
  return classify(b, x);
}
