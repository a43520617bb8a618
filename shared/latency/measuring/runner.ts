/** @file What runs models for timing: ONNX Runtime in Node, or TensorFlow.js in a browser. */
import type { TimedModel } from './schedule.ts';
import type { Visit } from './time-visit.ts';

export interface RunnerConditions {
  /** library, version and where it runs */
  runtime: string;
  /** smallest step of the clock, microseconds */
  clockStepUs: number;
  /** of WebAssembly, null elsewhere */
  webAssembly: { simd: boolean; threads: boolean } | null;
  /** channels in a block where maps are kept in blocks of channels, 0 where not; only of what can run probes */
  channelBlock?: number;
}

export interface Runner {
  readonly conditions: RunnerConditions;

  /** Holds these models ready, each called once, and no others. */
  load(models: readonly TimedModel[]): Promise<void>;

  /** Microseconds of one call of a loaded model: the median over the visit. */
  visit(key: string, visit: Visit): Promise<number>;

  /**
   * What a loaded model puts out for its input, in ONNX order. Weights and inputs are seeded: every runner gives the
   * same numbers, up to rounding.
   */
  output(key: string): Promise<Float32Array>;

  close(): Promise<void>;
}
