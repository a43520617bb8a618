/** @file The page of exports-browser.test.ts: loads an exported graph model as an app would, with TensorFlow.js. */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';

/** What the model at `url` gives for images [n, side, side, 3], by the names of its outputs. */
async function runModel(url: string, side: number, pixels: number[]): Promise<Record<string, number[]>> {
  setWasmPaths('/wasm/');
  await setBackend('wasm');
  const model = await loadGraphModel(url);
  const images = tensor(pixels, [pixels.length / (side * side * 3), side, side, 3]);
  const names = model.outputs.map(({ name }) => name);
  const outputs = [model.predict(images) as Tensor | Tensor[]].flat();
  return Object.fromEntries(outputs.map((output, i) => [names[i]!, [...output.dataSync()]]));
}

Object.assign(globalThis, { runModel });
