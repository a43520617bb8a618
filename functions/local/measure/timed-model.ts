/** @file One ONNX model held ready for timing in onnxruntime-node. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { median } from '../../../shared/latency/statistics.ts';
import type { Random } from '../../../shared/random.ts';

const options: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
};

export interface Visit {
  warmUpCalls: number;
  visitUs: number;
}

export class TimedModel {
  readonly samplesUs: number[] = [];

  private constructor(
    private readonly session: InferenceSession,
    private readonly feeds: InferenceSession.FeedsType,
    // The output tensor is made once: fresh megabytes for every call would time the operating system's page faults.
    private readonly fetches: InferenceSession.OnnxValueMapType,
  ) {}

  /** @param model an ONNX file with one input `input` and one output `output`; inputs are uniform in [-1, 1) */
  static async load(model: Uint8Array, random: Random): Promise<TimedModel> {
    const session = await InferenceSession.create(model, options);
    const input = blank(session.inputMetadata[0]!);
    const data = input.data as Float32Array;
    for (let i = 0; i < data.length; i++) data[i] = 2 * random.uniform() - 1;
    return new TimedModel(session, { input }, { output: blank(session.outputMetadata[0]!) });
  }

  /** Calls the model until the visit's time is filled and records the median call. */
  async visit({ warmUpCalls, visitUs }: Visit): Promise<void> {
    for (let i = 0; i < warmUpCalls; i++) await this.call();
    const calls: number[] = [];
    for (let spentUs = 0; spentUs < visitUs; ) {
      const callUs = await this.call();
      spentUs += callUs;
      calls.push(callUs);
    }
    this.samplesUs.push(median(calls));
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  private async call(): Promise<number> {
    const start = process.hrtime.bigint();
    await this.session.run(this.feeds, this.fetches);
    return Number(process.hrtime.bigint() - start) / 1000;
  }
}

function blank(value: InferenceSession.ValueMetadata): Tensor {
  const dims = value.isTensor ? value.shape.map(Number) : [];
  return new Tensor('float32', new Float32Array(dims.reduce((product, dim) => product * dim, 1)), dims);
}
