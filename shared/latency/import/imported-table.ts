/** @file Rows that came from outside as a latency table. */
import type { Hardware, ImportedFile, LatencyTable } from '../../contract/latency.ts';
import { wholeCoverage } from '../coverage.ts';
import { compareWithSums } from '../measured-network.ts';
import type { ImportedRows, TimedRows } from './rows.ts';

/**
 * A part's latency in a network is taken to be what its row says: nothing tells its context factor.
 * @param overheadUs the cost of a call where the rows do not say
 */
export function tableOfRows(rows: TimedRows, hardware: Hardware, overheadUs: number): LatencyTable {
  const entries = Object.fromEntries(
    rows.parts.map(({ signature, latencyUs, spreadUs, count }) => [
      signature,
      { latencyUs, aloneUs: latencyUs, spreadUs, count },
    ]),
  );
  const table: LatencyTable = {
    format: 'fastpath.latency-table/1',
    hardware,
    overheadUs: rows.overheadUs ?? overheadUs,
    coverage: wholeCoverage(entries),
    entries,
  };
  return rows.networks.length === 0 ? table : { ...table, networks: compareWithSums(rows.networks, table) };
}

/** The same for rows of a file, which the table then names. */
export function importedTable(
  rows: ImportedRows,
  hardware: Hardware,
  source: Omit<ImportedFile, 'format'>,
  overheadUs: number,
): LatencyTable {
  return { ...tableOfRows(rows, hardware, overheadUs), imports: [{ ...source, format: rows.format }] };
}
