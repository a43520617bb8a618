/** @file Runs models for timing in onnxruntime-node, on the CPU. */

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InferenceSession } from 'onnxruntime-node';
import { FastpathError } from '../../../shared/errors.ts';
import { inputValues, weightSeed } from '../../../shared/latency/measuring/model-input.ts';
import type { Runner, RunnerConditions } from '../../../shared/latency/measuring/runner.ts';
import type { TimedModel } from '../../../shared/latency/measuring/schedule.ts';
import { type Clock, clockStepUs, timeVisit, type Visit } from '../../../shared/latency/measuring/time-visit.ts';
import { CnnBuilder } from '../../../shared/onnx/cnn-builder.ts';
import { readModel } from '../../../shared/onnx/read-model.ts';
import { weightsByShape } from '../../../shared/onnx/weights.ts';
import { writeParts } from '../../../shared/onnx/write-network.ts';

type Library = typeof import('onnxruntime-node');

/**
 * Each session has threads of its own, which look busily for more work for a while after a call: the next model would
 * share the processors with them.
 */
const settleMs = 2;

const nowUs = () => Number(process.hrtime.bigint()) / 1000;

interface LoadedModel {
  session: InferenceSession;
  call(): Promise<void>;
  output: Float32Array;
}

export class OnnxRuntimeRunner implements Runner {
  readonly conditions: RunnerConditions;
  private readonly clock: Clock = { nowUs, stepUs: clockStepUs(nowUs) };
  private readonly weights = weightsByShape(weightSeed);
  private models = new Map<string, LoadedModel>();

  private constructor(
    private readonly library: Library,
    private readonly threads: number,
    channelBlock: number,
  ) {
    const runtime = `onnxruntime-node ${version()}, CPU`;
    this.conditions = { runtime, clockStepUs: this.clock.stepUs, webAssembly: null, channelBlock };
  }

  /** @throws FastpathError `measure.runtime-missing` */
  static async open(threads: number): Promise<OnnxRuntimeRunner> {
    const library = await import('onnxruntime-node').catch((cause: unknown) => {
      throw new FastpathError(
        'measure.runtime-missing',
        'ONNX Runtime is not here: install it with npm install onnxruntime-node, or use --runtime browser',
        { cause },
      );
    });
    return new OnnxRuntimeRunner(library, threads, await channelBlock(library));
  }

  async load(models: readonly TimedModel[]): Promise<void> {
    await this.close();
    for (const model of models) {
      const loaded = await this.loadModel(model);
      await loaded.call();
      this.models.set(model.key, loaded);
    }
  }

  async visit(key: string, visit: Visit): Promise<number> {
    if (this.threads > 1) await sleep(settleMs);
    return timeVisit(this.models.get(key)!.call, this.clock, visit);
  }

  async output(key: string): Promise<Float32Array> {
    const { call, output } = this.models.get(key)!;
    await call();
    return Float32Array.from(output);
  }

  async close(): Promise<void> {
    for (const { session } of this.models.values()) await session.release();
    this.models = new Map();
  }

  private async loadModel(model: TimedModel): Promise<LoadedModel> {
    const { InferenceSession, Tensor } = this.library;
    const bytes = model.probe?.write() ?? writeParts(model.parts, this.weights);
    const session = await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: this.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // Threads of one session must not look for work while another one is timed.
      extra: { session: { force_spinning_stop: '1' } },
    });
    const feeds = Object.fromEntries(
      session.inputMetadata.map((input) => {
        const dims = shapeOf(input);
        return [input.name, new Tensor('float32', inputValues(model.key, dims), dims)];
      }),
    );
    // The output tensor is made once: fresh megabytes for every call would time the operating system's page faults.
    const shape = shapeOf(session.outputMetadata[0]!);
    const output = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
    const fetches = { output: new Tensor('float32', output, shape) };
    const call = async () => {
      await session.run(feeds, fetches);
    };
    return { session, call, output };
  }
}

function shapeOf(value: InferenceSession.ValueMetadata): number[] {
  return value.isTensor ? value.shape.map(Number) : [];
}

/** How the runtime lays maps out here, seen in what it makes of a convolution of few channels. */
async function channelBlock({ InferenceSession }: Library): Promise<number> {
  const builder = new CnnBuilder();
  const model = builder.finish('layout', [builder.conv(builder.input(1, 4, 8, 8), { out: 4, kernel: 3 })]);
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-layout-'));
  try {
    const optimizedModelFilePath = join(folder, 'model.onnx');
    // What it warns of, that such a file fits this machine only, is what is asked here.
    const options = { graphOptimizationLevel: 'all', optimizedModelFilePath, logSeverityLevel: 3 } as const;
    await (await InferenceSession.create(model, options)).release();
    const { nodes, initializers } = readModel(await readFile(optimizedModelFilePath));
    const blocked = nodes.find(({ op, domain }) => op === 'Conv' && domain === 'com.microsoft.nchwc');
    return initializers.get(blocked?.inputs[1] ?? '')?.dims[0] ?? 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function version(): string {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
