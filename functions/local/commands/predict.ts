/** @file `fastpath predict --hardware ID FILE…`: how long architectures and ONNX models take on known hardware. */
import { architectureId } from '../../../shared/architecture/identity.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import type { LatencyPrediction } from '../../../shared/latency/model.ts';
import { networkPredictor } from '../../../shared/onnx/predict-network.ts';
import { readNetwork } from '../../../shared/onnx/read-network.ts';
import type { Console } from '../console.ts';
import { openRegistry } from '../hardware-registry.ts';
import { inFile, isOnnxFile, readArchitecture, readBytes } from '../input-file.ts';
import { type PredictFlags, type Prediction, tellPredictions } from '../predictions.ts';

/** Every file on every hardware named. With `json` one array; tables otherwise. */
export async function predictFiles(files: readonly string[], flags: PredictFlags, console: Console): Promise<void> {
  const registry = openRegistry();
  const found = await Promise.all(flags.hardware.map((id) => registry.findModel(id)));
  const models = found.map((data) => new FittedLatencyModel(data));
  const predictions: Prediction[] = [];
  for (const file of files) {
    const { architecture, predict } = await readPredictable(file, flags);
    for (const model of models) {
      const { latencyUs, lowUs, highUs, flags: notes, blocks } = inFile(file, predict, model);
      const whole = {
        file,
        architecture,
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

interface Predictable {
  /** its id; null for an ONNX model */
  architecture: string | null;
  predict(model: FittedLatencyModel): LatencyPrediction;
}

async function readPredictable(file: string, { input }: PredictFlags): Promise<Predictable> {
  if (isOnnxFile(file)) {
    const bytes = await readBytes(file);
    return { architecture: null, predict: inFile(file, (own) => networkPredictor(readNetwork(own, input)), bytes) };
  }
  const architecture = await readArchitecture(file);
  return { architecture: architectureId(architecture), predict: (model) => model.predict(architecture) };
}
