/** @file Builds the plain network that an architecture JSON describes. */
import type { Architecture } from '../../shared/contract/architecture.ts';
import { Classifier } from './classifier.ts';
import { ConvNet } from './conv-net.ts';
import { ConvNorm } from './conv-norm.ts';
import { MbConv } from './mbconv.ts';
import type { Initializer } from './parameter.ts';

/** Stem: 3×3 convolution on RGB images. */
export function stemOf({ stem }: Pick<Architecture, 'stem'>, init: Initializer): ConvNorm {
  const { kernel, stride, channels } = stem;
  return new ConvNorm('stem', { kind: 'dense', kernel, stride, in: 3, out: channels, relu6: true }, init);
}

/** Head: 1×1 convolution on the last block's output. */
export function headOf(inChannels: number, outChannels: number, init: Initializer): ConvNorm {
  return new ConvNorm(
    'head',
    { kind: 'dense', kernel: 1, stride: 1, in: inChannels, out: outChannels, relu6: true },
    init,
  );
}

/** A network with fresh weights; parameters are named `stem.…`, `blocks.{i}.…`, `head.…`, `classifier.…`. */
export function networkOf(architecture: Architecture, init: Initializer): ConvNet {
  const [first, ...rest] = architecture.blocks.map((block, i) => new MbConv(`blocks.${i}`, block, init));
  const last = architecture.blocks.at(-1)!;
  return new ConvNet(
    stemOf(architecture, init),
    first!,
    rest,
    headOf(last.out, architecture.head.channels, init),
    new Classifier(architecture.head.channels, architecture.classes, init),
  );
}

/** Copies weights and running statistics (not momentum) between two networks of the same shape. */
export function copyWeights(from: ConvNet, to: ConvNet): void {
  const variables = (net: ConvNet) => [...net.parameters, ...net.statistics];
  const sources = variables(from);
  for (const [i, target] of variables(to).entries()) target.assign(sources[i]!.read());
}
