/** @file Runs models for timing with onnxruntime-web, one image a call, on one thread of WebAssembly or on WebGPU. */
import type { Tensor } from 'onnxruntime-web';
import { modelInput, weightSeed } from '../../../../shared/latency/measuring/model-input.ts';
import type { Runner, RunnerConditions } from '../../../../shared/latency/measuring/runner.ts';
import { referenceKey, referenceSignature, type TimedModel } from '../../../../shared/latency/measuring/schedule.ts';
import { type Clock, clockStepUs, timeVisit, type Visit } from '../../../../shared/latency/measuring/time-visit.ts';
import { parseSignature } from '../../../../shared/latency/signature.ts';
import { weightsByShape } from '../../../../shared/onnx/weights.ts';
import { writeParts } from '../../../../shared/onnx/write-network.ts';
import { type Backend, backendNames } from './this-device.ts';

type Library = typeof import('onnxruntime-web');

interface LoadedModel {
  call(): Promise<Tensor>;
  release(): Promise<void>;
}

/** Small, with the operators that networks are mostly made of. */
const tried: TimedModel = {
  key: referenceKey,
  parts: [{ name: 'reference', part: parseSignature(referenceSignature) }],
};
const nowUs = () => 1000 * performance.now();

export class OrtRunner implements Runner {
  private readonly weights = weightsByShape(weightSeed);
  private readonly models = new Map<string, LoadedModel>();

  private constructor(
    private readonly library: Library,
    private readonly backend: Backend,
    private readonly clock: Clock,
    readonly conditions: RunnerConditions,
  ) {}

  /**
   * @param folder address of the library's files, with a slash at its end
   * @throws what the library throws, also where WebGPU is there and runs no model
   */
  static async open(backend: Backend, folder: string): Promise<OrtRunner> {
    const library: Library = await import(`${folder}ort.${backend}.min.mjs`);
    library.env.wasm.wasmPaths = folder;
    // More need a page that is isolated from others, which few pages that run networks are.
    library.env.wasm.numThreads = 1;
    const clock = { nowUs, stepUs: clockStepUs(nowUs) };
    const runtime = `onnxruntime-web ${library.env.versions.web}, ${backendNames[backend]}`;
    const webAssembly = backend === 'wasm' ? { simd: true, threads: false } : null;
    const runner = new OrtRunner(library, backend, clock, { runtime, clockStepUs: clock.stepUs, webAssembly });
    if (backend === 'webgpu') {
      // Some browsers offer it and fail at the first model: better now than when a code was spent on it.
      await runner.load([tried]);
      await runner.close();
    }
    return runner;
  }

  async load(models: readonly TimedModel[]): Promise<void> {
    await this.close();
    for (const model of models) {
      const loaded = await this.loadModel(model);
      this.models.set(model.key, loaded);
      (await loaded.call()).dispose();
    }
  }

  async visit(key: string, visit: Visit): Promise<number> {
    const { call } = this.models.get(key)!;
    return timeVisit(async () => (await call()).dispose(), this.clock, visit);
  }

  async output(key: string): Promise<Float32Array> {
    return Float32Array.from((await this.models.get(key)!.call()).data as Float32Array);
  }

  async close(): Promise<void> {
    for (const { release } of this.models.values()) await release();
    this.models.clear();
  }

  private async loadModel(model: TimedModel): Promise<LoadedModel> {
    const { InferenceSession, Tensor } = this.library;
    const session = await InferenceSession.create(writeParts(model.parts, this.weights), {
      executionProviders: [this.backend],
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
    });
    const { dims, data } = modelInput(model);
    const feeds = { input: new Tensor('float32', data, dims) };
    return { call: async () => (await session.run(feeds)).output!, release: () => session.release() };
  }
}
