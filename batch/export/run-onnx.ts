/** @file Runs an ONNX model over images, in ONNX Runtime on the CPU. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { moveAxes } from '../../shared/weights/move-axes.ts';
import type { Images } from './images.ts';
import { batchesOf, Collector, type Outputs } from './outputs.ts';

export async function runOnnx(model: Uint8Array, images: Images): Promise<Outputs> {
  const session = await InferenceSession.create(model, { executionProviders: ['cpu'], logSeverityLevel: 3 });
  try {
    const collected = new Collector();
    for (const batch of batchesOf(images)) {
      const { shape, data } = moveAxes(batch, [0, 3, 1, 2]);
      const outputs = await session.run({ input: new Tensor('float32', data, shape) });
      for (const [name, { dims, data: values }] of Object.entries(outputs)) {
        collected.add(name, dims, values as Float32Array);
      }
    }
    return collected.outputs();
  } finally {
    await session.release();
  }
}

export function onnxRuntimeVersion(): string {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return `onnxruntime-node ${(JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version}`;
}
