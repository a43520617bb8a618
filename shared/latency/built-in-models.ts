/** @file The latency models that ship, one for each known hardware: what `npm run fit:models` made of the tables. */
import type { LatencyModelData } from '../contract/latency-model.ts';
import amdEpycZen4Ort1t from './models/amd-epyc-zen4-ort-1t.json' with { type: 'json' };
import amdEpycZen5ChromiumWasm1t from './models/amd-epyc-zen5-chromium-wasm-1t.json' with { type: 'json' };
import amdEpycZen5Ort1t from './models/amd-epyc-zen5-ort-1t.json' with { type: 'json' };
import intelXeonAmxOrt1t from './models/intel-xeon-amx-ort-1t.json' with { type: 'json' };
import intelXeonAmxOrt2t from './models/intel-xeon-amx-ort-2t.json' with { type: 'json' };
import { unknownHardware } from './nearest-ids.ts';

// Read as they are: each model is checked against its schema where it is written, and by a test.
export const builtInModels = [
  amdEpycZen4Ort1t,
  amdEpycZen5Ort1t,
  amdEpycZen5ChromiumWasm1t,
  intelXeonAmxOrt1t,
  intelXeonAmxOrt2t,
] as readonly LatencyModelData[];

/** The model of the hardware with that id, if it ships. */
export function builtInModel(id: string): LatencyModelData | undefined {
  return builtInModels.find(({ hardware }) => hardware.id === id);
}

/** @throws FastpathError `latency.unknown-hardware`, which suggests ids there are */
export function findLatencyModel(id: string): LatencyModelData {
  const model = builtInModel(id);
  if (model !== undefined) return model;
  throw unknownHardware(
    id,
    builtInModels.map(({ hardware }) => hardware.id),
  );
}
