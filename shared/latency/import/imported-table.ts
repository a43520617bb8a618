/** @file Imported rows as a latency table. */
import type { Hardware, ImportedFile, LatencyTable } from '../../contract/latency.ts';
import { wholeCoverage } from '../coverage.ts';
import { compareWithSums } from '../measured-network.ts';
import type { ImportedRows } from './rows.ts';

/**
 * A part's latency in a network is taken to be what the file says: nothing tells its context factor.
 * @param overheadUs the cost of a call where the file does not say
 */
export function importedTable(
  rows: ImportedRows,
  hardware: Hardware,
  source: Omit<ImportedFile, 'format'>,
  overheadUs: number,
): LatencyTable {
  const entries = Object.fromEntries(
    rows.parts.map(({ signature, latencyUs, spreadUs, count }) => [
      signature,
      { latencyUs, aloneUs: latencyUs, spreadUs, count },
    ]),
  );
  const table: LatencyTable = {
    format: 'fastpath.latency-table/1',
    hardware,
    imports: [{ ...source, format: rows.format }],
    overheadUs: rows.overheadUs ?? overheadUs,
    coverage: wholeCoverage(entries),
    entries,
  };
  return rows.networks.length === 0 ? table : { ...table, networks: compareWithSums(rows.networks, table) };
}
