/** @file Runs a TensorFlow.js graph model over images, on the WebAssembly backend that browsers have. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel, version_converter } from '@tensorflow/tfjs-converter';
import { getBackend, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { ExportedFile } from '../../shared/export/exported-file.ts';
import type { Images } from './images.ts';
import { batchesOf, Collector, type Outputs } from './outputs.ts';

/** @param files `model.json` and the shards that it names */
export async function runTfjs(files: readonly ExportedFile[], images: Images): Promise<Outputs> {
  const before = getBackend();
  await setBackend('wasm');
  try {
    const model = await loadGraphModel({ load: async () => artifacts(files) });
    const names = Object.keys(signatureOutputs(files));
    const collected = new Collector();
    for (const { data, shape } of batchesOf(images)) {
      const x = tensor(data, shape);
      const outputs = [model.execute(x, names)].flat() as Tensor[];
      for (const [i, output] of outputs.entries()) {
        collected.add(names[i]!, output.shape, output.dataSync<'float32'>());
        output.dispose();
      }
      x.dispose();
      // Other exports are under way: their processes are to be heard.
      await nextTurn();
    }
    model.dispose();
    return collected.outputs();
  } finally {
    await setBackend(before);
  }
}

export const tfjsVersion = `TensorFlow.js ${version_converter}, WebAssembly`;

type Artifacts = Awaited<ReturnType<NonNullable<Exclude<Parameters<typeof loadGraphModel>[0], string>['load']>>>;

function artifacts(files: readonly ExportedFile[]): Artifacts {
  const { modelTopology, weightsManifest, signature, format } = parseModel(files);
  const shards = weightsManifest.flatMap(({ paths }) => paths.map((path) => fileOf(files, path)));
  const weightData = Buffer.concat(shards);
  return {
    modelTopology,
    format,
    signature,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: weightData.buffer.slice(weightData.byteOffset, weightData.byteOffset + weightData.length),
  } as Artifacts;
}

interface ModelJson {
  format: string;
  signature: { outputs: Record<string, unknown> };
  modelTopology: object;
  weightsManifest: { paths: string[]; weights: object[] }[];
}

function parseModel(files: readonly ExportedFile[]): ModelJson {
  return JSON.parse(new TextDecoder().decode(fileOf(files, 'model.json')));
}

function signatureOutputs(files: readonly ExportedFile[]): Record<string, unknown> {
  return parseModel(files).signature.outputs;
}

function fileOf(files: readonly ExportedFile[], name: string): Uint8Array {
  return files.find((file) => file.name === name)!.bytes;
}
