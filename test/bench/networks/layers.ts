/** @file Layers that many of the networks here have in common. */
import type { CnnBuilder, ConvOptions, Tensor } from '../../../shared/onnx/cnn-builder.ts';

export type Activation = 'relu' | 'relu6' | 'hardSwish' | 'silu' | 'none';

export const classes = 1000;

/** A convolution, batch norm behind it, and an activation. */
export function convNorm(b: CnnBuilder, input: Tensor, options: ConvOptions, activation: Activation = 'relu'): Tensor {
  const normed = b.batchNorm(b.conv(input, options));
  return activation === 'none' ? normed : b[activation](normed);
}

export function depthwise(
  b: CnnBuilder,
  input: Tensor,
  { kernel, stride = 1 }: { kernel: number; stride?: number },
  activation: Activation = 'relu',
): Tensor {
  const channels = input.dims[1]!;
  return convNorm(b, input, { out: channels, kernel, stride, groups: channels }, activation);
}

export interface SqueezeExcite {
  squeezed: number;
  activation: 'relu' | 'silu';
  gate: 'sigmoid' | 'hardSigmoid';
}

/** Hu, Shen, Sun, "Squeeze-and-Excitation Networks", CVPR 2018. */
export function squeezeExcite(b: CnnBuilder, input: Tensor, { squeezed, activation, gate }: SqueezeExcite): Tensor {
  const reduced = b[activation](b.conv(b.globalAveragePool(input), { out: squeezed, kernel: 1 }));
  return b.multiply(input, b[gate](b.conv(reduced, { out: input.dims[1]!, kernel: 1 })));
}

export interface InvertedResidual {
  kernel: number;
  /** channels between */
  hidden: number;
  out: number;
  stride: number;
  activation: Activation;
  squeezeExcite?: SqueezeExcite;
}

/** Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018. */
export function invertedResidual(b: CnnBuilder, input: Tensor, options: InvertedResidual): Tensor {
  const { kernel, hidden, out, stride, activation } = options;
  const channels = input.dims[1]!;
  const expanded = hidden === channels ? input : convNorm(b, input, { out: hidden, kernel: 1 }, activation);
  const filtered = depthwise(b, expanded, { kernel, stride }, activation);
  const excited = options.squeezeExcite ? squeezeExcite(b, filtered, options.squeezeExcite) : filtered;
  const projected = convNorm(b, excited, { out, kernel: 1 }, 'none');
  return stride === 1 && channels === out ? b.add(projected, input) : projected;
}

/** Global average pooling and the classifier. */
export function classify(b: CnnBuilder, input: Tensor): Tensor {
  return b.dense(b.flatten(b.globalAveragePool(input)), classes);
}

/** To the nearest multiple of `divisor`, but no less than nine tenths (MobileNetV2's rule). */
export function rounded(channels: number, divisor = 8): number {
  const near = Math.max(divisor, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return near < 0.9 * channels ? near + divisor : near;
}
