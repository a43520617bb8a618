/** @file Timings that others made, in any of the known formats; the content tells which. */
import type { Architecture } from '../../contract/architecture.ts';
import { FastpathError } from '../../errors.ts';
import { isBlockTable, parseBlockTable } from './block-table.ts';
import { isCsv, parseCsv } from './csv.ts';
import type { ImportedRows } from './rows.ts';
import { isRuntimeProfile, parseRuntimeProfile } from './runtime-profile.ts';

export interface ReadOptions {
  /** of the network that a runtime profile is of; null: what its shapes tell */
  architecture: Architecture | null;
  /** the JSON in a file that a CSV row names */
  readJson: (file: string) => unknown;
}

/**
 * @throws FastpathError `import.empty`, `import.unknown-format`, and what the formats'
 * parsers throw
 */
export function readTimings(text: string, { architecture, readJson }: ReadOptions): ImportedRows {
  if (text.trim() === '') throw new FastpathError('import.empty', 'the file is empty');
  const rows = parseKnown(text, architecture, readJson);
  if (rows.parts.length === 0 && rows.networks.length === 0 && rows.overheadUs === null) {
    const why = rows.skipped.map(({ reason, rows: skipped }) => `${skipped} skipped: ${reason}`).join(', ');
    throw new FastpathError('import.empty', `the file has no timing to import${why === '' ? '' : ` (${why})`}`);
  }
  return rows;
}

function parseKnown(text: string, architecture: Architecture | null, readJson: ReadOptions['readJson']): ImportedRows {
  if (/^\s*[[{]/.test(text)) {
    const json = parseJson(text);
    if (!isRuntimeProfile(json)) throw unknownFormat();
    return parseRuntimeProfile(json, architecture);
  }
  if (isCsv(text)) return parseCsv(text, readJson);
  if (isBlockTable(text)) return parseBlockTable(text);
  throw unknownFormat();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const position = Number(/position (\d+)/.exec(reason)?.[1] ?? text.length);
    const line = text.slice(0, position).split('\n').length;
    throw new FastpathError('import.bad-row', `line ${line}: not JSON (cut short?); nothing was imported`, { cause });
  }
}

function unknownFormat(): FastpathError {
  return new FastpathError(
    'import.unknown-format',
    'the file is none of CSV with a header line (signature,latency_ms or space,path,classes,latency_ms), ' +
      'a block table (YAML), an ONNX Runtime profile (JSON); docs/latency.md shows each',
  );
}
