/** @file `fastpath predict --hardware ID FILE…`: how long architectures take on known hardware. */
import { architectureId } from '../../../shared/architecture/identity.ts';
import { milliseconds, table } from '../../../shared/format.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { type Console, writeJson } from '../console.ts';
import { openRegistry } from '../hardware-registry.ts';
import { readArchitecture } from '../input-file.ts';

export interface PredictFlags {
  hardware: string[];
  blocks?: boolean;
  json?: boolean;
}

export interface Prediction {
  file: string;
  /** the architecture's id */
  architecture: string;
  hardware: string;
  latencyMs: number;
  lowMs: number;
  highMs: number;
  flags: string[];
  /** with `--blocks`: the cost of the call that belongs to no part, and each part in running order */
  overheadMs?: number;
  blocks?: { name: string; signature: string; latencyMs: number }[];
}

/** Every file on every hardware named. With `json` one array; tables otherwise. */
export async function predictFiles(files: readonly string[], flags: PredictFlags, console: Console): Promise<void> {
  const registry = openRegistry();
  const found = await Promise.all(flags.hardware.map((id) => registry.findModel(id)));
  const models = found.map((data) => new FittedLatencyModel(data));
  const predictions: Prediction[] = [];
  for (const file of files) {
    const architecture = await readArchitecture(file);
    for (const model of models) {
      const { latencyUs, lowUs, highUs, flags: notes, blocks } = model.predict(architecture);
      const whole = {
        file,
        architecture: architectureId(architecture),
        hardware: model.hardware.id,
        latencyMs: latencyUs / 1e3,
        lowMs: lowUs / 1e3,
        highMs: highUs / 1e3,
        flags: notes,
      };
      const parts = blocks.map(({ latencyUs: partUs, ...part }) => ({ ...part, latencyMs: partUs / 1e3 }));
      predictions.push(flags.blocks === true ? { ...whole, overheadMs: model.overheadUs / 1e3, blocks: parts } : whole);
    }
  }
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
