/** @file Two latency tables of one hardware as one: what was added later counts where both have the same row. */
import type { Hardware, LatencyTable, MeasuredNetwork } from '../contract/latency.ts';
import { FastpathError } from '../errors.ts';
import { wholeCoverage } from './coverage.ts';
import { compareWithSums } from './measured-network.ts';

/** What two tables must agree on to be about the same hardware. */
const identity = ['device', 'runtime', 'batchSize', 'precision', 'threads'] as const satisfies (keyof Hardware)[];

/** @throws FastpathError `hardware.differs` where rows of the two must not stand in one table */
export function checkSameHardware(old: Hardware, added: Hardware): void {
  for (const field of identity) {
    if (old[field] === added[field]) continue;
    throw new FastpathError(
      'hardware.differs',
      `hardware ${old.id} has ${field} ${old[field]}, the new rows ${added[field]}: choose another id for them`,
    );
  }
}

/**
 * @throws FastpathError `hardware.differs` where the two are not about the same hardware
 */
export function mergeTables(old: LatencyTable, added: LatencyTable): LatencyTable {
  checkSameHardware(old.hardware, added.hardware);
  const again = new Set(added.imports?.map(({ sha256 }) => sha256));
  const imports = [...(old.imports ?? []).filter(({ sha256 }) => !again.has(sha256)), ...(added.imports ?? [])];
  const entries = { ...old.entries, ...added.entries };
  const coverage = new Map([...old.coverage, ...added.coverage].map((each) => [placeOf(each), each]));
  for (const each of wholeCoverage(entries)) {
    if (!coverage.has(placeOf(each))) coverage.set(placeOf(each), each);
  }
  const table: LatencyTable = {
    ...old,
    ...added,
    ...(imports.length > 0 && { imports }),
    coverage: [...coverage.values()],
    entries,
  };
  const networks = new Map([...(old.networks ?? []), ...(added.networks ?? [])].map((each) => [networkOf(each), each]));
  return networks.size === 0 ? table : { ...table, networks: compareWithSums([...networks.values()], table) };
}

function placeOf({ space, resolution }: LatencyTable['coverage'][number]): string {
  return `${space} ${resolution}`;
}

/** Equal for two timings of one network, as far as they are written the same way. */
function networkOf({ latencyUs: _1, spreadUs: _2, sumOfBlocksUs: _3, ...network }: MeasuredNetwork): string {
  return JSON.stringify(network);
}
