/** @file `fastpath import FILE --hardware ID`: timings that others made become hardware that is known, here or at a service. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { HardwareDetail } from '../../../shared/contract/api/hardware.ts';
import { type Hardware, hardwareSchema } from '../../../shared/contract/latency.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { type SpaceCoverage, spaceCoverage } from '../../../shared/latency/coverage.ts';
import { importedTable } from '../../../shared/latency/import/imported-table.ts';
import { checkPlausibleSpeed } from '../../../shared/latency/import/plausible-speed.ts';
import { type ReadOptions, readTimings } from '../../../shared/latency/import/read-timings.ts';
import type { ImportedRows } from '../../../shared/latency/import/rows.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { openRegistry } from '../hardware-registry.ts';
import { inFile, readArchitecture } from '../input-file.ts';
import { readFailure } from '../read-failure.ts';
import type { ApiFlags } from '../remote/connect.ts';
import type { HardwareThere } from '../remote/hardware.ts';

export interface ImportFlags extends ApiFlags {
  hardware: string;
  architecture?: string;
  name?: string;
  device?: string;
  runtime?: string;
  threads?: number;
  batch?: number;
  precision?: Hardware['precision'];
  anySpeed?: boolean;
}

interface Report {
  hardware: Hardware;
  /** whether the hardware was known before */
  added: boolean;
  format: ImportedRows['format'];
  /** of the file */
  parts: number;
  networks: number;
  skipped: ImportedRows['skipped'];
  /** of all that is known of the hardware now */
  knownParts: number;
  knownNetworks: number;
  coverage: SpaceCoverage[];
  /** how it stands at the service, where it was imported there, and how many measurements were new to it */
  service?: HardwareDetail & { added: number; known: number };
}

export async function importFile(file: string, flags: ImportFlags, console: Console): Promise<void> {
  const there =
    flags.api === undefined ? null : await (await import('../remote/hardware.ts')).HardwareThere.open(flags);
  const report = there === null ? await importHere(file, flags) : await importThere(there, file, flags);
  if (flags.json) writeJson(console, report);
  else print(report, file, console);
}

async function importHere(file: string, flags: ImportFlags): Promise<Report> {
  const registry = openRegistry();
  const known = await registry.findOwn(flags.hardware);
  const { rows, table: read } = await readTable(file, flags, known?.hardware ?? null, known?.overheadUs ?? 0);
  const { table, merged } = await registry.saveTable(read);
  return {
    hardware: table.hardware,
    added: merged,
    ...contentOf(rows),
    knownParts: Object.keys(table.entries).length,
    knownNetworks: table.networks?.length ?? 0,
    coverage: spaceCoverage(table.entries),
  };
}

async function importThere(there: HardwareThere, file: string, flags: ImportFlags): Promise<Report> {
  const known = await there.findOwn(flags.hardware);
  const { rows, table } = await readTable(file, flags, known, 0);
  await there.checkSavable(table.hardware);
  const uploaded = await there.saveTable(table);
  const service = await there.fitted(table.hardware.id);
  return {
    hardware: table.hardware,
    added: known !== null,
    ...contentOf(rows),
    knownParts: service.blocks,
    knownNetworks: service.networks,
    coverage: service.modelVersion === null ? [] : spaceCoverage(await there.parts(service.id)),
    service: { ...service, ...uploaded },
  };
}

function contentOf({ format, parts, networks, skipped }: ImportedRows) {
  return { format, parts: parts.length, networks: networks.length, skipped };
}

/** @param overheadUs the cost of a call where the rows do not say */
async function readTable(file: string, flags: ImportFlags, known: Hardware | null, overheadUs: number) {
  const hardware = describedHardware(flags, known);
  const bytes = await readFile(file).catch((cause) => {
    throw readFailure(file, cause);
  });
  const architecture = flags.architecture === undefined ? null : await readArchitecture(flags.architecture);
  const rows = inFile(file, readRows, { bytes, hardware, architecture, file, anySpeed: flags.anySpeed === true });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const source = { file: basename(file), sha256, importedAt: new Date().toISOString() };
  return { rows, table: importedTable(rows, hardware, source, overheadUs) };
}

interface Source {
  bytes: Uint8Array;
  file: string;
  hardware: Hardware;
  architecture: ReadOptions['architecture'];
  anySpeed: boolean;
}

function readRows({ bytes, file, hardware, architecture, anySpeed }: Source): ImportedRows {
  const rows = readTimings(decode(bytes), { architecture, readJson: (name) => readBeside(file, name) });
  if (!anySpeed) checkPlausibleSpeed(rows, hardware.batchSize, '--any-speed');
  return rows;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FastpathError('import.unknown-format', 'the file is no text (UTF-8)', { cause });
  }
}

/** The JSON in a file that a row of `file` names, relative to it. */
function readBeside(file: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(resolve(dirname(file), name), 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new FastpathError('file.not-json', `${name} is not JSON`, { cause });
    throw readFailure(name, cause as NodeJS.ErrnoException);
  }
}

/** What the flags say, else what is known of that id, else that it is one thread and one image in fp32. */
function describedHardware(flags: ImportFlags, known: Hardware | null): Hardware {
  const { hardware: id } = flags;
  if (!hardwareSchema.shape.id.safeParse(id).success) {
    const message = `hardware id ${JSON.stringify(id)}: use lower-case letters, digits and -, e.g. pixel-2-tflite-1t`;
    throw new FastpathError('hardware.bad-id', message);
  }
  return {
    id,
    name: flags.name ?? known?.name ?? id,
    device: flags.device ?? known?.device ?? id,
    runtime: flags.runtime ?? known?.runtime ?? 'not stated',
    batchSize: flags.batch ?? known?.batchSize ?? 1,
    precision: flags.precision ?? known?.precision ?? 'fp32',
    threads: flags.threads ?? known?.threads ?? 1,
  };
}

function print(report: Report, file: string, console: Console): void {
  const line = (text: string) => writeLine(console.out, text);
  const { hardware, added, parts, networks, knownParts, knownNetworks, service } = report;
  line(`${file} (${report.format}): ${many(parts, 'part')}, ${many(networks, 'whole network')}`);
  for (const { reason, rows } of report.skipped) line(`  skipped ${many(rows, 'row')}: ${reason}`);
  const now = `${many(knownParts, 'part')}, ${many(knownNetworks, 'whole network')}`;
  const where = service === undefined ? '' : ' at the service';
  line(added ? `added to ${hardware.id}${where}, which now has ${now}` : `${hardware.id} is known now${where}`);
  for (const { space, resolution, parts: all, missing } of report.coverage) {
    const state =
      missing.length === 0 ? `covers ${space} at` : `${all - missing.length} of ${all} parts of ${space} at`;
    line(`  ${state} ${resolution} pixels`);
  }
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
