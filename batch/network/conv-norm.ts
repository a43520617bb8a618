/** @file Convolution + batch norm + optional ReLU6, the one layer that everything here is built of, with its backward pass. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { fill, zeros } from '@tensorflow/tfjs-core';
import * as ops from '../backend/ops.ts';
import { type GradientSink, type Initializer, kaimingNormal, Parameter, Variable } from './parameter.ts';
import type { Pass } from './pass.ts';

/** What a layer's forward pass leaves for its backward pass. */
export interface Trace {
  /**
   * Frees what the trace holds and gives ∂L/∂x; `sink` gets the parameters' gradients (where the pass kept everything).
   * Owns neither `dy` nor the layer's input.
   * @param needsInputGradient false in the first layer of all
   */
  backward(dy: Tensor, sink: GradientSink, needsInputGradient: boolean): Tensor | null;
}

export interface LayerOutput {
  y: Tensor;
  trace: Trace | null;
}

export interface ConvNormShape {
  kind: 'dense' | 'depthwise';
  kernel: number;
  stride: 1 | 2;
  in: number;
  out: number;
  relu6: boolean;
}

export class ConvNorm {
  readonly weight: Parameter;
  readonly scale: Parameter;
  readonly shift: Parameter;
  readonly runningMean: Variable;
  readonly runningVariance: Variable;

  constructor(
    readonly name: string,
    readonly shape: ConvNormShape,
    init: Initializer,
  ) {
    const { kind, kernel, out } = shape;
    const weightShape: [number, number, number, number] =
      kind === 'dense' ? [kernel, kernel, shape.in, out] : [kernel, kernel, out, 1];
    const fanOut = kernel * kernel * (kind === 'dense' ? out : 1);
    this.weight = kaimingNormal(init, `${name}.weight`, weightShape, fanOut);
    this.scale = new Parameter(`${name}.bn.scale`, fill([out], 1), false);
    this.shift = new Parameter(`${name}.bn.shift`, zeros([out]), false);
    this.runningMean = new Variable(`${name}.bn.mean`, zeros([out]));
    this.runningVariance = new Variable(`${name}.bn.variance`, fill([out], 1));
  }

  /** x [n, h, w, in] → y [n, ⌈h/stride⌉, ⌈w/stride⌉, out]. */
  forward(x: Tensor, pass: Pass): LayerOutput {
    const [weight, scale, shift] = [this.weight.value, this.scale.value, this.shift.value];
    if (pass.statistics === 'running') return { y: this.inference(x), trace: null };
    const { c, y, mean, variance } = ops.convNorm(x, weight, scale, shift, this.shape);
    if (pass.momentum > 0) {
      ops.movingAverage(this.runningMean.value, mean, pass.momentum);
      ops.movingAverage(this.runningVariance.value, variance, pass.momentum);
    }
    if (pass.keeps === 'nothing') {
      for (const unused of [c, mean, variance]) unused.dispose();
      return { y, trace: null };
    }
    const trace: Trace = {
      backward: (dy, sink, needsInputGradient) => {
        const inputs = { x, c, dy, w: weight, scale, shift, mean, variance };
        const wanted = { input: needsInputGradient, parameters: pass.keeps === 'all' };
        const { dx, parameters } = ops.convNormGrad(inputs, this.shape, wanted);
        if (parameters) {
          sink(this.weight, parameters.dw);
          sink(this.scale, parameters.dscale);
          sink(this.shift, parameters.dshift);
        }
        return dx;
      },
    };
    return { y, trace };
  }

  /** With running statistics. */
  private inference(x: Tensor): Tensor {
    const { stride, kind, relu6 } = this.shape;
    const weight = this.weight.value;
    const c = kind === 'dense' ? ops.conv2d(x, weight, stride) : ops.depthwise(x, weight, stride);
    const { scale, shift, runningMean, runningVariance } = this;
    const y = ops.batchNormInference(c, scale.value, shift.value, runningMean.value, runningVariance.value, { relu6 });
    c.dispose();
    return y;
  }

  get parameters(): Parameter[] {
    return [this.weight, this.scale, this.shift];
  }

  /** Saved with the weights, not trained. */
  get statistics(): Variable[] {
    return [this.runningMean, this.runningVariance];
  }
}
