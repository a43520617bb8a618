/** @file What `fastpath compare` is told and tells, wherever models and networks come from. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { architectureId } from '../../shared/architecture/identity.ts';
import { baselinesFor } from '../../shared/comparison/baselines.ts';
import { accuracyOf, type ComparedNetwork, compareNetworks } from '../../shared/comparison/compare.ts';
import type { Comparison } from '../../shared/contract/comparison.ts';
import { metricsSchema } from '../../shared/contract/result.ts';
import { FastpathError } from '../../shared/errors.ts';
import { bytes, count, milliseconds, percent, table } from '../../shared/format.ts';
import type { LatencyModel } from '../../shared/latency/model.ts';
import { comparisonSvg } from '../../shared/picture/comparison-svg.ts';
import { type Console, writeJson, writeLine } from './console.ts';
import { readArchitecture, readOptional } from './input-file.ts';

export interface CompareFlags {
  hardware: string[];
  baselines: boolean;
  out: string;
  json?: boolean;
}

/**
 * Baselines are those for the first network's input side and classes.
 * @throws FastpathError `out.unusable`, `latency.unknown-block`
 */
export async function tellComparison(
  networks: readonly ComparedNetwork[],
  models: readonly LatencyModel[],
  flags: CompareFlags,
  console: Console,
): Promise<void> {
  const baselines = flags.baselines ? baselinesFor(networks[0]!.architecture) : [];
  const comparison = compareNetworks([...networks, ...baselines], models);
  const title = `${networks.length === 1 ? 'One network' : `${networks.length} networks`} compared`;
  await writePicture(flags.out, comparisonSvg(comparison, title));
  if (flags.json === true) writeJson(console, { ...comparison, picture: flags.out });
  else print(comparison, flags.out, console);
}

/**
 * A result folder, or an architecture file; what is known of its accuracy lies beside it.
 * @throws FastpathError with the line to show
 */
export async function readNetwork(path: string): Promise<ComparedNetwork> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const folder = isFolder ? path : dirname(path);
  const architecture = await readArchitecture(isFolder ? join(path, 'architecture.json') : path);
  const advice = 'move it away, and the accuracy counts as not known';
  const metrics = await readOptional(join(folder, 'metrics.json'), metricsSchema, advice);
  // A file may lie beside another network's results.
  const isOurs = metrics !== null && metrics.architectureId === architectureId(architecture);
  return { name: nameOf(path), architecture, accuracy: isOurs ? accuracyOf(metrics) : null, baseline: false };
}

/** `architecture.json` says nothing: its folder does. */
function nameOf(path: string): string {
  return basename(path) === 'architecture.json' && basename(dirname(path)) !== '.'
    ? basename(dirname(path))
    : basename(path);
}

/** @throws FastpathError `out.unusable` */
async function writePicture(file: string, svg: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, svg);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new FastpathError('out.unusable', `cannot write ${file} (${reason}): choose another --out`, { cause });
  }
}

function print({ networks, notes }: Comparison, picture: string, console: Console): void {
  const devices = networks[0]!.latency.map(({ hardware }) => hardware);
  const head = ['network', 'top-1', ...devices, 'multiply-adds', 'parameters', 'peak memory'];
  const rows = networks.map(({ name, baseline, accuracy, macs, parameters, peakActivationBytes, latency }) => [
    baseline ? `${name} (baseline)` : name,
    accuracy === null ? '–' : percent(accuracy.top1),
    ...latency.map(({ latencyMs, lowMs, highMs, onFrontier }) => {
      const interval = `${milliseconds(latencyMs)} (${milliseconds(lowMs)} to ${milliseconds(highMs)})`;
      return `${onFrontier ? '* ' : ''}${interval}`;
    }),
    count(macs),
    count(parameters),
    bytes(peakActivationBytes),
  ]);
  console.out.write(table([head, ...rows]));
  writeLine(console.out, '* nothing else is worth as much in less time');
  writeLine(console.out, picture);
  // Baselines are often of sizes that nobody timed; their intervals say so.
  const flags = networks
    .filter(({ baseline }) => !baseline)
    .flatMap(({ name, latency }) => latency.flatMap(({ flags: own }) => own.map((flag) => `${name}: ${flag}`)));
  for (const note of new Set([...notes, ...flags])) writeLine(console.err, `note: ${note}`);
}
