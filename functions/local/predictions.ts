/** @file What `fastpath predict` is told and tells, wherever the predictions are made. */
import { milliseconds, table } from '../../shared/format.ts';
import { type Console, writeJson } from './console.ts';

export interface PredictFlags {
  hardware: string[];
  /** dimensions of an ONNX model's input */
  input?: number[];
  blocks?: boolean;
  json?: boolean;
}

export interface Prediction {
  file: string;
  /** the architecture's id; null for an ONNX model */
  architecture: string | null;
  hardware: string;
  latencyMs: number;
  lowMs: number;
  highMs: number;
  flags: string[];
  /** with `--blocks`: the cost of the call that belongs to no part, and each part in running order */
  overheadMs?: number;
  blocks?: { name: string; signature: string; latencyMs: number }[];
}

/** One array with `json`; tables otherwise. */
export function tellPredictions(predictions: readonly Prediction[], flags: PredictFlags, console: Console): void {
  if (flags.json) writeJson(console, predictions);
  else print(predictions, console);
}

function print(predictions: readonly Prediction[], console: Console): void {
  const rows = predictions.map(({ file, hardware, latencyMs, lowMs, highMs }) => [
    file,
    hardware,
    ...[latencyMs, lowMs, highMs].map(milliseconds),
  ]);
  console.out.write(table([['file', 'hardware', 'latency', 'low', 'high'], ...rows]));
  for (const { file, hardware, blocks, overheadMs } of predictions) {
    if (blocks === undefined || overheadMs === undefined) continue;
    const parts = blocks.map(({ name, signature, latencyMs }) => [name, signature, milliseconds(latencyMs)]);
    const call = ['call', 'what no part explains', milliseconds(overheadMs)];
    console.out.write(`\n${file} on ${hardware}\n${table([['part', 'signature', 'latency'], call, ...parts])}`);
  }
  const notes = new Set(predictions.flatMap(({ hardware, flags }) => flags.map((flag) => `${hardware}: ${flag}`)));
  for (const note of notes) console.err.write(`note: ${note}\n`);
}
