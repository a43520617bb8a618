/** @file What a measurement found, for people and for programs. */
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import { percent } from '../../../shared/format.ts';
import { quantile } from '../../../shared/latency/statistics.ts';
import { type Console, writeLine } from '../console.ts';

/** Of the networks of one space and resolution: how far the table's sums are from what was measured. */
export interface SumMatch {
  space: string;
  resolution: number;
  /** networks compared: the uniformly drawn ones, which set nothing in the table, where there are any */
  networks: number;
  /** |sum / measured − 1| */
  medianError: number;
  largestError: number;
  /** share of networks with an error up to a tenth */
  withinTenth: number;
}

export function sumMatches(table: LatencyTable): SumMatch[] {
  return table.coverage.flatMap(({ space, resolution }) => {
    const own = (table.networks ?? []).filter((network) => {
      const place = 'architecture' in network ? network.architecture : network;
      return place.space === space && place.resolution === resolution && network.sumOfBlocksUs !== undefined;
    });
    const uniform = own.filter(({ drawn }) => drawn === 'uniform');
    const compared = uniform.length > 0 ? uniform : own;
    if (compared.length === 0) return [];
    const errors = compared.map(({ latencyUs, sumOfBlocksUs }) => Math.abs(sumOfBlocksUs! / latencyUs - 1));
    return {
      space,
      resolution,
      networks: errors.length,
      medianError: quantile(errors, 0.5),
      largestError: quantile(errors, 1),
      withinTenth: errors.filter((error) => error <= 0.1).length / errors.length,
    };
  });
}

/** The last JSON line. @param out the file that holds the table, if one was asked for */
export function resultLine(table: LatencyTable, out: string | undefined) {
  const { hardware, drift, conditions, entries, networks = [] } = table;
  return {
    type: 'result',
    hardware,
    conditions,
    drift,
    parts: Object.keys(entries).length,
    networks: networks.length,
    probes: table.operators?.probes.length ?? 0,
    sums: sumMatches(table),
    table: out ?? null,
  };
}

export function printReport(table: LatencyTable, out: string | undefined, console: Console): void {
  const print = (line: string) => writeLine(console.out, line);
  const { hardware, conditions, drift } = table;
  print(`hardware ${hardware.id}: ${hardware.name}`);
  const where =
    conditions?.pinned === true ? `, held on processor ${conditions.processors}` : ', not held on a processor';
  const simd = conditions?.webAssembly?.simd === false ? ', without SIMD' : '';
  print(`  ${hardware.runtime}, ${hardware.threads} ${hardware.threads === 1 ? 'thread' : 'threads'}${where}${simd}`);
  print(`  ${Object.keys(table.entries).length} parts and ${table.networks?.length ?? 0} whole networks timed`);
  if (table.operators !== undefined) print(`  ${table.operators.probes.length} models that tell what operators cost`);
  for (const { space, resolution, networks, medianError, largestError, withinTenth } of sumMatches(table)) {
    print(
      `  ${space} at ${resolution}: sums of parts against ${networks} whole networks: median error ` +
        `${percent(medianError)}, largest ${percent(largestError)}, ${percent(withinTenth)} within 10 %`,
    );
  }
  if (drift !== undefined) print(`  drift of a block timed throughout: ${percent(drift.largestFraction)}`);
  if (out !== undefined) print(`  ${out}`);
  if (drift?.unstable === true) {
    writeLine(console.err, 'warning: the machine changed its speed by more than 3 %: measure again when it is quiet');
  }
}
