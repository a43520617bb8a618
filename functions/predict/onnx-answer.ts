/** @file Predicts the network in an ONNX model on every hardware asked for. */
import type { OnnxQuery } from '../../shared/contract/onnx-query.ts';
import type { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { predictNetwork } from '../../shared/onnx/predict-network.ts';
import { readNetwork } from '../../shared/onnx/read-network.ts';

/**
 * The answer's JSON, as for one architecture.
 * @param models of `query.hardware`, in its order
 * @throws FastpathError `onnx.…`
 */
export function onnxAnswer(bytes: Uint8Array, query: OnnxQuery, models: readonly FittedLatencyModel[]): string {
  const network = readNetwork(bytes, query.input);
  const predictions = models.map((model) => {
    const { latencyUs, lowUs, highUs, flags, blocks } = predictNetwork(network, model);
    const whole = {
      architecture: 0,
      hardware: model.hardware.id,
      latencyMs: milliseconds(latencyUs),
      lowMs: milliseconds(lowUs),
      highMs: milliseconds(highUs),
      flags,
    };
    if (!query.blocks) return whole;
    const parts = blocks.map(({ latencyUs: us, ...part }) => ({ ...part, latencyMs: milliseconds(us) }));
    return { ...whole, overheadMs: milliseconds(model.overheadUs), blocks: parts };
  });
  return JSON.stringify({ predictions });
}

/** To a nanosecond. */
function milliseconds(us: number): number {
  return Math.round(us * 1e3) / 1e6;
}
