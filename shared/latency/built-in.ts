/** @file The latency tables that ship: measured, one for each known hardware. */
import type { Hardware, LatencyTable } from '../contract/latency.ts';
import { unknownHardware } from './nearest-ids.ts';
import amdEpycZen4Ort1t from './tables/amd-epyc-zen4-ort-1t.json' with { type: 'json' };
import amdEpycZen5ChromiumWasm1t from './tables/amd-epyc-zen5-chromium-wasm-1t.json' with { type: 'json' };
import amdEpycZen5Ort1t from './tables/amd-epyc-zen5-ort-1t.json' with { type: 'json' };
import intelXeonAmxOrt1t from './tables/intel-xeon-amx-ort-1t.json' with { type: 'json' };
import intelXeonAmxOrt2t from './tables/intel-xeon-amx-ort-2t.json' with { type: 'json' };

// Read as they are: each table is checked against its schema where it is written, and by a test.
export const builtInTables = [
  amdEpycZen4Ort1t,
  amdEpycZen5Ort1t,
  amdEpycZen5ChromiumWasm1t,
  intelXeonAmxOrt1t,
  intelXeonAmxOrt2t,
] as LatencyTable[];

export function builtInHardware(): Hardware[] {
  return builtInTables.map(({ hardware }) => hardware);
}

/** The table of the hardware with that id, if it ships. */
export function builtInTable(id: string): LatencyTable | undefined {
  return builtInTables.find(({ hardware }) => hardware.id === id);
}

/**
 * The table of the hardware with that id.
 * @throws FastpathError `latency.unknown-hardware`, which suggests ids there are
 */
export function findLatencyTable(id: string): LatencyTable {
  const table = builtInTable(id);
  if (table !== undefined) return table;
  throw unknownHardware(
    id,
    builtInTables.map(({ hardware }) => hardware.id),
  );
}
