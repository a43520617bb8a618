/** @file Networks of inverted residual blocks in a model, as Fastpath writes them: for these the block table speaks. */
import { blocksProblem, resolutionFitProblem } from '../architecture/fit.ts';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import type { ConvOperator, Operator, Size } from '../latency/operators/operator.ts';

/** @param operators in running order, without blocks of channels. @returns null where the network is of another kind */
export function recogniseArchitecture(operators: readonly Operator[]): Architecture | null {
  const left = operators.filter(({ kind }) => kind !== 'view');
  const stem = takeConv(left, { kernel: 3, activation: 'clip' });
  if (stem === null || stem.in !== 3 || square(stem.inputSize) === null) return null;
  const blocks: MbconvBlock[] = [];
  for (let block = takeBlock(left); block !== null; block = takeBlock(left)) blocks.push(block);
  const head = takeConv(left, { kernel: 1, activation: 'clip' });
  const [pooled, classifier, ...rest] = left;
  if (head === null || pooled?.kind !== 'reduce' || classifier?.kind !== 'dense' || rest.length > 0) return null;
  const stride = stem.stride[0];
  if (blocks.length === 0 || (stride !== 1 && stride !== 2) || classifier.out < 2 || classifier.rows !== 1) return null;
  const architecture: Architecture = {
    format: 'fastpath.architecture/1',
    resolution: stem.inputSize[0],
    classes: classifier.out,
    stem: { kernel: 3, stride, channels: stem.out },
    blocks,
    head: { channels: head.out },
  };
  const misfit = blocksProblem(architecture) ?? resolutionFitProblem(architecture);
  return misfit === null ? architecture : null;
}

/** A convolution of one group, with 1 × 1 of stride 1, taken off `left`; or null, and nothing is. */
function takeConv(left: Operator[], { kernel, activation }: { kernel: number; activation: string | null }) {
  const [first] = left;
  const fits = first?.kind === 'conv' && square(first.kernel) === kernel && first.activation === activation;
  const stride = fits && square(first.stride);
  if (!fits || first.groups !== 1 || stride === null || (kernel === 1 && stride !== 1)) return null;
  left.shift();
  return first;
}

/** The block that `left` begins with, taken off it; or null, and nothing is. */
function takeBlock(left: Operator[]): MbconvBlock | null {
  const ahead = left.slice(0, 4);
  const expand = isDepthwise(ahead[0]) ? null : takeConv(ahead, { kernel: 1, activation: 'clip' });
  const [filter] = ahead;
  const kernel = isDepthwise(filter) && filter.activation === 'clip' ? square(filter.kernel) : null;
  if (kernel !== 3 && kernel !== 5 && kernel !== 7) return null;
  const { in: hidden, stride: strides } = ahead.shift() as ConvOperator;
  const project = takeConv(ahead, { kernel: 1, activation: null });
  const stride = square(strides);
  if (project === null || project.in !== hidden || (stride !== 1 && stride !== 2)) return null;
  if (expand !== null && expand.out !== hidden) return null;
  const shortcut = project.adds || ahead[0]?.kind === 'add';
  left.splice(0, (expand === null ? 2 : 3) + (ahead[0]?.kind === 'add' ? 1 : 0));
  const input = expand?.in ?? hidden;
  return { op: 'mbconv', kernel, expansion: hidden / input, stride, in: input, out: project.out, shortcut };
}

function isDepthwise(operator: Operator | undefined): operator is ConvOperator {
  return (
    operator?.kind === 'conv' && operator.groups > 1 && operator.groups === operator.in && operator.out === operator.in
  );
}

function square([height, width]: Size): number | null {
  return height === width ? height : null;
}
