/** @file Predicts the network in an ONNX model on every hardware asked for. */
import { latencyLimits } from '../../shared/contract/latency-limits.ts';
import type { OnnxQuery } from '../../shared/contract/onnx-query.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import type { LatencyPrediction } from '../../shared/latency/model.ts';
import { networkPredictor } from '../../shared/onnx/predict-network.ts';
import { readNetwork } from '../../shared/onnx/read-network.ts';

/**
 * The answer's JSON, as for one architecture.
 * @param models of `query.hardware`, in its order
 * @throws FastpathError `onnx.…`, `request.invalid`
 */
export function onnxAnswer(bytes: Uint8Array, query: OnnxQuery, models: readonly FittedLatencyModel[]): string {
  const predict = networkPredictor(readNetwork(bytes, query.input));
  const written = new Map<string, { json: string; operators: number }>();
  let operators = 0;
  const predictions = query.hardware.map((id, i) => {
    // Hardware that is named again costs no second prediction.
    const own = written.get(id) ?? write(predict(models[i]!), models[i]!, query);
    written.set(id, own);
    operators += own.operators;
    if (operators > mostOperators) throw tooMany(query);
    return own.json;
  });
  return `{"predictions":[${predictions.join(',')}]}`;
}

/** with `blocks`, as many parts as architectures may have */
const mostOperators = latencyLimits.predictionsWithBlocks * latencyLimits.blocks;

/** @returns how many operators it lists, too */
function write(prediction: LatencyPrediction, { hardware, overheadUs }: FittedLatencyModel, query: OnnxQuery) {
  const { latencyUs, lowUs, highUs, flags, blocks } = prediction;
  const whole = {
    architecture: 0,
    hardware: hardware.id,
    latencyMs: milliseconds(latencyUs),
    lowMs: milliseconds(lowUs),
    highMs: milliseconds(highUs),
    flags,
  };
  if (!query.blocks) return { json: JSON.stringify(whole), operators: 0 };
  const parts = blocks.map(({ latencyUs: us, ...part }) => ({ ...part, latencyMs: milliseconds(us) }));
  const json = JSON.stringify({ ...whole, overheadMs: milliseconds(overheadUs), blocks: parts });
  return { json, operators: blocks.length };
}

function tooMany({ hardware }: OnnxQuery): FastpathError {
  const message = `query: blocks on ${hardware.length} hardware are more than ${mostOperators} operators: ask for fewer hardware at once`;
  return new FastpathError('request.invalid', message);
}

/** To a nanosecond. */
function milliseconds(us: number): number {
  return Math.round(us * 1e3) / 1e6;
}
