/**
 * @file Run in a process of its own: is the backend of the package named as argument right? Prints one JSON line,
 * {@link GradientReport}. A training step in small: convolution, depthwise convolution, batch norm, ReLU6.
 */
import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';

export interface GradientReport {
  tensorflow: string;
  gpu: boolean;
  /** Largest difference of any gradient from plain JavaScript's, relative to the largest gradient. */
  difference: number;
}

interface NativeBackend {
  isUsingGpuDevice: boolean;
  binding: { TF_Version: string };
}

async function gradients(backend: string): Promise<number[]> {
  await tf.setBackend(backend);
  const x = tf.randomUniform([2, 8, 8, 3], -1, 1, 'float32', 1);
  const kernel = tf.randomUniform<tf.Rank.R4>([3, 3, 3, 4], -1, 1, 'float32', 2);
  const depthwise = tf.randomUniform<tf.Rank.R4>([5, 5, 4, 1], -1, 1, 'float32', 3);
  const scale = tf.randomUniform<tf.Rank.R1>([4], 0.5, 1, 'float32', 4);
  const loss = (...[a, b, c, d]: tf.Tensor[]) => {
    const first = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same');
    const second = tf.depthwiseConv2d(first, c as tf.Tensor4D, 1, 'same');
    const { mean, variance } = tf.moments(second, [0, 1, 2]);
    const normal = tf.batchNorm(second, mean as tf.Tensor1D, variance as tf.Tensor1D, tf.zeros([4]), d as tf.Tensor1D);
    return tf.sum<tf.Scalar>(tf.mul(tf.relu6(normal), normal));
  };
  const all = tf.grads(loss)([x, kernel, depthwise, scale]);
  return [...(await tf.concat(all.map((each) => tf.reshape(each, [-1]))).data())];
}

const [packageName, ...addons] = process.argv.slice(2);
await import(packageName!);
const native = tf.findBackend('tensorflow') as unknown as NativeBackend;
const found = await gradients('tensorflow');
const expected = await gradients('cpu');
const largest = Math.max(...expected.map(Math.abs));
const difference = Math.max(...found.map((value, index) => Math.abs(value - expected[index]!))) / largest;
for (const addon of addons.filter(existsSync)) process.dlopen({ exports: {} }, addon);
const report: GradientReport = { tensorflow: native.binding.TF_Version, gpu: native.isUsingGpuDevice, difference };
console.log(JSON.stringify(report));
