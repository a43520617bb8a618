/** @file Networks in TensorFlow.js, here on its WebAssembly backend in Node, against ONNX Runtime. */
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { modelInput } from '../../../shared/latency/measuring/model-input.ts';
import { partsOf } from '../../../shared/latency/part.ts';
import { randomWeights } from '../../../shared/onnx/weights.ts';
import { writeParts } from '../../../shared/onnx/write-network.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { buildNetwork } from './tfjs-network.ts';

beforeAll(async () => {
  await tf.setBackend('wasm');
});

test('a network with every kernel, with and without shortcuts, gives the logits of ONNX Runtime and leaves no tensor', async () => {
  const plan = planSupernet(findSpace('tiny'), { resolution: 40, classes: 7 });
  const path = plan.blocks.map((_, i) => i % 6);
  const model = { key: 'network 0', parts: partsOf(pathToArchitecture(plan, path)) };
  const weights = randomWeights(5);
  const { dims, data } = modelInput(model);
  const session = await InferenceSession.create(writeParts(model.parts, weights));
  const { output } = await session.run({ input: new Tensor('float32', data, dims) });
  const expected = output!.data as Float32Array;

  const before = tf.memory().numTensors;
  const network = buildNetwork(model.parts, weights);
  const held = tf.memory().numTensors;
  const input = tf.tidy(() => tf.transpose(tf.tensor(data, dims), [0, 2, 3, 1]));
  for (let call = 0; call < 3; call++) {
    const logits = network.run(input);
    expect(tf.memory().numTensors).toBe(held + 2);
    const values = logits.dataSync<'float32'>();
    const scale = Math.max(...expected.map(Math.abs));
    expect(values).toHaveLength(7);
    for (const [i, value] of values.entries()) expect(Math.abs(value - expected[i]!) / scale).toBeLessThan(1e-5);
    logits.dispose();
  }
  input.dispose();
  network.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('no parts pass their input on', () => {
  const input = tf.tensor([[3]]);
  const output = buildNetwork([], randomWeights(0)).run(input);
  expect(output.id).not.toBe(input.id);
  expect([...output.dataSync()]).toEqual([3]);
});
