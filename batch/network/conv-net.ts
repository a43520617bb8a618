/**
 * @file A network as a chain of layers with explicit forward and backward passes. There is no tape: every activation
 * is freed the moment its last reader is done, which keeps a step's memory at one path.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Classifier, LossOptions } from './classifier.ts';
import type { ConvNorm, LayerOutput, Trace } from './conv-norm.ts';
import type { MbConv } from './mbconv.ts';
import type { GradientSink, Parameter, Variable } from './parameter.ts';
import { type Pass, passes } from './pass.ts';
import type { UnreadScore } from './unread-score.ts';

/** What stands between the fixed first block and the head. */
export interface Block {
  readonly layers: readonly ConvNorm[];
  /** `x` stays the caller's. */
  forward(x: Tensor, pass: Pass): LayerOutput;
}

/** A layer or block of the chain; null is the identity. */
type Link = Pick<Block, 'forward'> | null;

/**
 * Called in the backward pass of an architecture step for choice block `index` with its input x, its output y and
 * ∂L/∂y. All three stay the network's.
 */
export type BlockObserver = (index: number, x: Tensor, y: Tensor, dy: Tensor) => void;

export class ConvNet {
  /** @param blocks the blocks behind the fixed first one; null where a block is the identity */
  constructor(
    readonly stem: ConvNorm,
    readonly first: MbConv,
    readonly blocks: readonly (Block | null)[],
    readonly head: ConvNorm,
    readonly classifier: Classifier,
  ) {}

  /** images [n, r, r, 3] → logits [n, classes], for a pass that keeps nothing. */
  logits(images: Tensor, pass: Pass): Tensor {
    const features = run([this.stem, this.first, ...this.blocks, this.head], images, pass);
    const logits = this.classifier.logits(features);
    features.dispose();
    return logits;
  }

  /**
   * One forward and backward pass; each parameter's gradient goes to `sink` as soon as it is known.
   * A loss that is not finite shows when the score is read, which may be after the gradients were used.
   * @param images [n, r, r, 3]
   */
  weightGradients(images: Tensor, labels: Int32Array, options: LossOptions, sink: GradientSink): UnreadScore {
    const chain = new Chain([this.stem, this.first, ...this.blocks, this.head], images, passes.weights);
    const { score, backward } = this.classifier.loss(chain.output, labels, options);
    chain.backward(backward(sink), sink, null);
    return score;
  }

  /** One forward and backward pass for path logits: no parameter gets a gradient, no running statistic moves. */
  blockGradients(images: Tensor, labels: Int32Array, observe: BlockObserver): UnreadScore {
    const x = run([this.stem, this.first], images, passes.probe);
    const chain = new Chain([...this.blocks, this.head], x, passes.logits);
    const { score, backward } = this.classifier.loss(chain.output, labels, {
      labelSmoothing: 0,
      dropout: null,
    });
    const observeBlocks: BlockObserver = (index, ...rest) => {
      if (index < this.blocks.length) observe(index, ...rest);
    };
    chain.backward(backward(null), unexpectedGradient, observeBlocks);
    x.dispose();
    return score;
  }

  get layers(): ConvNorm[] {
    const blocks = this.blocks.filter((block) => block !== null);
    return [this.stem, ...[this.first, ...blocks].flatMap((block) => block.layers), this.head];
  }

  get parameters(): Parameter[] {
    return [...this.layers.flatMap((layer) => layer.parameters), ...this.classifier.parameters];
  }

  /** Running batch-norm statistics. */
  get statistics(): Variable[] {
    return this.layers.flatMap((layer) => layer.statistics);
  }
}

/** A forward pass that keeps nothing but its result; `input` stays the caller's. */
function run(links: readonly Link[], input: Tensor, pass: Pass): Tensor {
  let x = input;
  for (const link of links) {
    if (!link) continue;
    const { y } = link.forward(x, pass);
    if (x !== input) x.dispose();
    x = y;
  }
  return x;
}

function unexpectedGradient(parameter: Parameter): never {
  throw new Error(`${parameter.name} got a gradient in an architecture step`);
}

/** A forward pass that can be run backwards, once. */
class Chain {
  /** activations[i] is the input of link i; the last one is the output */
  private readonly activations: Tensor[];
  private readonly traces: (Trace | null)[] = [];

  /** `input` stays the caller's. */
  constructor(links: readonly Link[], input: Tensor, pass: Pass) {
    this.activations = [input];
    for (const link of links) {
      const x = this.output;
      const { y, trace } = link?.forward(x, pass) ?? { y: x, trace: null };
      this.activations.push(y);
      this.traces.push(trace);
    }
  }

  get output(): Tensor {
    return this.activations.at(-1)!;
  }

  /** Takes ∂L/∂output and frees it with everything the forward pass kept, link by link. */
  backward(dOutput: Tensor, sink: GradientSink, observe: BlockObserver | null): void {
    let dy: Tensor | null = dOutput;
    for (let i = this.traces.length - 1; i >= 0 && dy; i--) {
      const [x, y] = [this.activations[i]!, this.activations[i + 1]!];
      observe?.(i, x, y, dy);
      const trace = this.traces[i]!;
      if (!trace) continue;
      const dx = trace.backward(dy, sink, i > 0);
      dy.dispose();
      y.dispose();
      dy = dx;
    }
    dy?.dispose();
  }
}
