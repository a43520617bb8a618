/** @file Measurements as they are sent, as rows of the database, and as rows of a latency table. */
import { parseArchitecture } from '../../../shared/architecture/parse.ts';
import type { KeptMeasurement, Measurement } from '../../../shared/contract/api/measurements.ts';
import type { LatencyTable, MeasuredNetwork } from '../../../shared/contract/latency.ts';
import { latencyLimits } from '../../../shared/contract/latency-limits.ts';
import type { measurements } from '../../../shared/db/schema/measurements.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { Seen, type TimedRows, timedSignature } from '../../../shared/latency/import/rows.ts';
import { measuredArchitecture } from '../../../shared/latency/measured-network.ts';
import { isUnstable } from '../../../shared/latency/measuring/drift.ts';
import { callKey, referenceSignature } from '../../../shared/latency/measuring/schedule.ts';

type MeasurementRow = typeof measurements.$inferSelect;
/** Of a row: what one measurement says. */
export type Timed = Pick<MeasurementRow, 'item' | 'kind' | 'latencyUs' | 'spreadUs' | 'count' | 'body' | 'measuredAt'>;

/** What `Timed.body` holds: what was timed, and how. */
type Subject = Pick<
  Measurement,
  'signature' | 'architecture' | 'space' | 'resolution' | 'classes' | 'path' | 'drawn' | 'driftFraction'
>;

/**
 * Every measurement of an upload, checked as rows of an imported file are.
 * @throws FastpathError `measurement.invalid`, which names the item
 */
export function timedOf(sent: readonly Measurement[], now: Date): Timed[] {
  const items = new Seen();
  const subjects = new Seen();
  return sent.map((measurement) => {
    const { item, latencyMs, spreadMs, count, measuredAt, ...subject } = measurement;
    return ofItem(item, () => {
      items.add(item, `item ${item}`, 'this name');
      const { kind, key } = checked(subject);
      subjects.add(key, `item ${item}`, kind === 'block' ? key : 'this network');
      const body = JSON.parse(JSON.stringify(subject)) as Timed['body'];
      const times = { latencyUs: nanosecondsUs(latencyMs), spreadUs: nanosecondsUs(spreadMs), count };
      return { item, kind, ...times, body, measuredAt: measuredAt === undefined ? now : new Date(measuredAt) };
    });
  });
}

/** What was timed, once it is sure that it can be: a key that is equal for equal work. */
function checked(subject: Subject): { kind: Timed['kind']; key: string } {
  const { signature, architecture, path, space, resolution, classes, drawn } = subject;
  const given = [signature, architecture, path].filter((one) => one !== undefined);
  if (given.length !== 1) throw invalid(`give one of signature, architecture and path, not ${given.length}`);
  if (path === undefined && [space, resolution, classes].some((one) => one !== undefined)) {
    throw invalid('space, resolution and classes go with a path');
  }
  if (signature !== undefined) {
    if (drawn !== undefined) throw invalid('drawn is said of whole networks');
    return { kind: 'block', key: signature === callKey ? callKey : boundedSignature(signature) };
  }
  if (path !== undefined && (space === undefined || resolution === undefined || classes === undefined)) {
    throw invalid('a path needs its space, resolution and classes');
  }
  if (architecture !== undefined) parseArchitecture(architecture);
  return { kind: 'network', key: JSON.stringify(measuredArchitecture(networkOf(subject, 0, 0))) };
}

/** Of a size at which all arithmetic stays finite. */
function boundedSignature(text: string): string {
  const signature = timedSignature(text);
  if ((signature.match(/[\d.]+/g) ?? []).every((number) => Number(number) <= latencyLimits.number)) return signature;
  throw invalid(`${signature} has a number over ${latencyLimits.number}`);
}

function ofItem<T>(item: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof FastpathError)) throw cause;
    // Seen names the item itself.
    const message = cause.message.startsWith('item ')
      ? cause.message
      : `item ${item}: ${cause.message}; nothing was imported`;
    throw new FastpathError('measurement.invalid', message, { cause });
  }
}

function invalid(message: string): FastpathError {
  return new FastpathError('measurement.invalid', message);
}

/** Microseconds, to a nanosecond. */
function nanosecondsUs(ms: number): number {
  return Math.round(ms * 1e6) / 1e3;
}

/** Rows of a latency table; of two about one thing the later one counts. */
export function rowsOf(timed: readonly Timed[]): TimedRows {
  const rows: TimedRows = { parts: [], networks: [], overheadUs: null };
  for (const { kind, latencyUs, spreadUs, count, body } of timed) {
    const subject = body as Subject;
    if (kind === 'network') rows.networks.push(networkOf(subject, latencyUs, spreadUs));
    else if (subject.signature === callKey) rows.overheadUs = latencyUs;
    else rows.parts.push({ signature: timedSignature(subject.signature!), latencyUs, spreadUs, count });
  }
  return rows;
}

function networkOf(subject: Subject, latencyUs: number, spreadUs: number): MeasuredNetwork {
  const { architecture, drawn, space, resolution, classes, path } = subject;
  const timing = { ...(drawn !== undefined && { drawn }), latencyUs, spreadUs };
  if (architecture !== undefined) return { architecture, ...timing };
  return { space: space!, resolution: resolution!, classes: classes!, path: path!, ...timing };
}

/** How the device kept its speed: the worst that any of these says; nothing where none does. */
export function driftOf(timed: readonly Timed[]): Pick<LatencyTable, 'drift'> {
  const fractions = timed.flatMap(({ body }) => (body as Subject).driftFraction ?? []);
  if (fractions.length === 0) return {};
  const largestFraction = Math.max(...fractions);
  return { drift: { reference: referenceSignature, largestFraction, unstable: isUnstable(largestFraction) } };
}

/** A measurement as the API shows it. */
export function keptMeasurement(row: MeasurementRow): KeptMeasurement {
  return {
    item: row.item,
    ...(row.body as Subject),
    latencyMs: row.latencyUs / 1e3,
    spreadMs: row.spreadUs / 1e3,
    count: row.count,
    upload: row.upload,
    measuredAt: row.measuredAt.toISOString(),
  };
}
