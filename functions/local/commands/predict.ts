/** @file `fastpath predict --hardware ID FILE…`: how long architectures take on known hardware. */
import { architectureId } from '../../../shared/architecture/identity.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import type { Console } from '../console.ts';
import { openRegistry } from '../hardware-registry.ts';
import { readArchitecture } from '../input-file.ts';
import { type PredictFlags, type Prediction, tellPredictions } from '../predictions.ts';

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
  tellPredictions(predictions, flags, console);
}
