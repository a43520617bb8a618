/** @file `fastpath compare PATH…`: architectures side by side, with baselines, as a table and as a picture. */
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { type CompareFlags, readNetwork, tellComparison } from '../comparisons.ts';
import type { Console } from '../console.ts';
import { openRegistry } from '../hardware-registry.ts';

/** @throws FastpathError with the line to show */
export async function compareFiles(paths: readonly string[], flags: CompareFlags, console: Console): Promise<void> {
  const registry = openRegistry();
  const found = await Promise.all([...new Set(flags.hardware)].map((id) => registry.findModel(id)));
  const networks = await Promise.all(paths.map(readNetwork));
  await tellComparison(
    networks,
    found.map((data) => new FittedLatencyModel(data)),
    flags,
    console,
  );
}
