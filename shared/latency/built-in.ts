/** @file The latency tables that ship: measured, one for each known hardware. */
import type { Hardware, LatencyTable } from '../contract/latency.ts';
import { unknownHardware } from './nearest-ids.ts';
import amdEpycZen4Ort1t from './tables/amd-epyc-zen4-ort-1t.json' with { type: 'json' };

// Read as they are: each table is checked against its schema where it is written, and by a test.
const tables = [amdEpycZen4Ort1t as LatencyTable];

export function builtInHardware(): Hardware[] {
  return tables.map(({ hardware }) => hardware);
}

/** The table of the hardware with that id, if it ships. */
export function builtInTable(id: string): LatencyTable | undefined {
  return tables.find(({ hardware }) => hardware.id === id);
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
    tables.map(({ hardware }) => hardware.id),
  );
}
