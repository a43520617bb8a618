/** @file Sums, products and the optimiser's update. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { requireShape } from '../geometry.ts';
import { runKernel, runSingle } from './run.ts';

/** a + b, of equal shapes. @throws FastpathError `backend.shape` */
export function add(a: Tensor, b: Tensor): Tensor {
  requireShape('a summand', b.shape, a.shape);
  return runSingle('FastpathAdd', { a, b }, {});
}

/** a · b element by element, of equal shapes: dropout is x · mask with mask 0 or 1/keep. @throws FastpathError `backend.shape` */
export function multiply(a: Tensor, b: Tensor): Tensor {
  requireShape('a factor', b.shape, a.shape);
  return runSingle('FastpathMultiply', { a, b }, {});
}

/** Σ a·b over all elements, summed in float64: one element. @throws FastpathError `backend.shape` */
export function innerProduct(a: Tensor, b: Tensor): Tensor {
  requireShape('a factor', b.shape, a.shape);
  return runSingle('FastpathInnerProduct', { a, b }, {});
}

/** The number in a tensor of one element, which it disposes of. Waits for the device. */
export function takeNumber(x: Tensor): number {
  const [value] = x.dataSync<'float32'>();
  x.dispose();
  return value!;
}

export interface SgdOptions {
  learningRate: number;
  /** 0.9 unless given. */
  momentum?: number;
  /** L2 decay added to the gradient. */
  weightDecay: number;
}

/**
 * In place, Nesterov's momentum: g = grad + weightDecay·value; velocity = momentum·velocity + g;
 * value −= learningRate·(g + momentum·velocity). All three of one shape.
 * Never give a tensor updated so to the stock Conv2D of tfjs-backend-wasm: it caches packed weights by tensor id.
 * @throws FastpathError `backend.shape`
 */
export function sgdNesterov(value: Tensor, velocity: Tensor, grad: Tensor, options: SgdOptions): void {
  requireShape('a velocity', velocity.shape, value.shape);
  requireShape('a gradient', grad.shape, value.shape);
  const { learningRate, momentum = 0.9, weightDecay } = options;
  runKernel('FastpathSgdNesterov', { value, velocity, grad }, { learningRate, momentum, weightDecay });
}
