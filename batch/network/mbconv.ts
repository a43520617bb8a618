/** @file The inverted-residual block: 1×1 expand, depthwise k×k, 1×1 project (linear), optional identity shortcut. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { MbconvBlock } from '../../shared/contract/architecture.ts';
import * as ops from '../backend/ops.ts';
import { ConvNorm, type LayerOutput, type Trace } from './conv-norm.ts';
import type { GradientSink, Initializer } from './parameter.ts';
import type { Pass } from './pass.ts';

export class MbConv {
  readonly layers: readonly ConvNorm[];

  constructor(
    name: string,
    readonly shape: MbconvBlock,
    init: Initializer,
  ) {
    const hidden = Math.round(shape.in * shape.expansion);
    const { kernel, stride } = shape;
    const pointwise = { kind: 'dense', kernel: 1, stride: 1 } as const;
    const expand =
      shape.expansion === 1
        ? []
        : [new ConvNorm(`${name}.expand`, { ...pointwise, in: shape.in, out: hidden, relu6: true }, init)];
    this.layers = [
      ...expand,
      new ConvNorm(
        `${name}.depthwise`,
        { kind: 'depthwise', kernel, stride, in: hidden, out: hidden, relu6: true },
        init,
      ),
      new ConvNorm(`${name}.project`, { ...pointwise, in: hidden, out: shape.out, relu6: false }, init),
    ];
  }

  /** x [n, h, w, in] → y [n, ⌈h/stride⌉, ⌈w/stride⌉, out], shortcut included. */
  forward(x: Tensor, pass: Pass): LayerOutput {
    const traces: Trace[] = [];
    /** outputs of all layers but the last: inputs of the layers behind them */
    const hidden: Tensor[] = [];
    let y = x;
    for (const layer of this.layers) {
      const out = layer.forward(y, pass);
      if (out.trace) traces.push(out.trace);
      // Filter gradients need a layer's input; without them it can go at once.
      if (y !== x) {
        if (pass.keeps === 'all') hidden.push(y);
        else y.dispose();
      }
      y = out.y;
    }
    if (this.shape.shortcut) {
      const sum = ops.add(x, y);
      y.dispose();
      y = sum;
    }
    if (pass.keeps === 'nothing') return { y, trace: null };
    return { y, trace: { backward: (dy, sink, needed) => this.backward(traces, hidden, dy, sink, needed) } };
  }

  private backward(
    traces: Trace[],
    hidden: Tensor[],
    dy: Tensor,
    sink: GradientSink,
    needsInputGradient: boolean,
  ): Tensor | null {
    let gradient = dy;
    for (let i = traces.length - 1; i >= 0; i--) {
      const below = traces[i]!.backward(gradient, sink, i > 0 || needsInputGradient);
      if (gradient !== dy) gradient.dispose();
      if (i > 0) hidden[i - 1]?.dispose();
      if (below === null) return null;
      gradient = below;
    }
    if (!this.shape.shortcut) return gradient;
    const sum = ops.add(gradient, dy);
    gradient.dispose();
    return sum;
  }
}
