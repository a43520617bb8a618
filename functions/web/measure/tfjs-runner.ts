/** @file Runs models for timing in this page, with the WebAssembly backend of TensorFlow.js. */
import { setThreadsCount, setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { modelInput, weightSeed } from '../../../shared/latency/measuring/model-input.ts';
import type { Runner, RunnerConditions } from '../../../shared/latency/measuring/runner.ts';
import type { TimedModel } from '../../../shared/latency/measuring/schedule.ts';
import { type Clock, clockStepUs, timeVisit, type Visit } from '../../../shared/latency/measuring/time-visit.ts';
import { weightsByShape } from '../../../shared/onnx/weights.ts';
import { buildNetwork, type TfjsNetwork } from './tfjs-network.ts';

const nowUs = () => 1000 * performance.now();

interface LoadedModel {
  network: TfjsNetwork;
  input: tf.Tensor;
}

export class TfjsRunner implements Runner {
  private readonly weights = weightsByShape(weightSeed);
  private readonly models = new Map<string, LoadedModel>();

  private constructor(
    readonly conditions: RunnerConditions,
    private readonly clock: Clock,
  ) {}

  /**
   * @param wasmFolder where the backend's files lie, with a slash at its end
   * @param threads more than one needs a page that is isolated from other origins
   */
  static async open(wasmFolder: string, threads: number): Promise<TfjsRunner> {
    setWasmPaths(wasmFolder);
    if (threads > 1) setThreadsCount(threads);
    else tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    await tf.setBackend('wasm');
    await tf.ready();
    const webAssembly = {
      simd: await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'),
      threads: await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'),
    } as { simd: boolean; threads: boolean };
    const clock = { nowUs, stepUs: clockStepUs(nowUs) };
    const runtime = `TensorFlow.js ${version_wasm}, WebAssembly`;
    return new TfjsRunner({ runtime, clockStepUs: clock.stepUs, webAssembly }, clock);
  }

  async load(models: readonly TimedModel[]): Promise<void> {
    await this.close();
    for (const model of models) {
      const { dims, data } = modelInput(model);
      const input = tf.tidy(() => nhwc(tf.tensor(data, dims)));
      const loaded = { network: buildNetwork(model.parts, this.weights), input };
      this.models.set(model.key, loaded);
      this.call(loaded);
    }
  }

  async visit(key: string, visit: Visit): Promise<number> {
    const model = this.models.get(key)!;
    return timeVisit(() => this.call(model), this.clock, visit);
  }

  async output(key: string): Promise<Float32Array> {
    const { network, input } = this.models.get(key)!;
    const output = tf.tidy(() => nchw(network.run(input)));
    const data = await output.data<'float32'>();
    output.dispose();
    return data;
  }

  async close(): Promise<void> {
    for (const { network, input } of this.models.values()) {
      network.dispose();
      input.dispose();
    }
    this.models.clear();
  }

  private call({ network, input }: LoadedModel): void {
    network.run(input).dispose();
  }
}

function nhwc(tensor: tf.Tensor): tf.Tensor {
  return tensor.rank === 4 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor;
}

function nchw(tensor: tf.Tensor): tf.Tensor {
  return tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
}
