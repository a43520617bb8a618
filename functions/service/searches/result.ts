/** @file What a worker left in the store, taken as coming from a stranger: sized, parsed, and reckoned again. */
import { describe } from '../../../shared/architecture/describe.ts';
import { architectureId } from '../../../shared/architecture/identity.ts';
import { parseArchitecture } from '../../../shared/architecture/parse.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import { type Metrics, metricsSchema, type Pareto, paretoSchema } from '../../../shared/contract/result.ts';
import { warmUpResultSchema } from '../../../shared/contract/warm-up.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { Outcome } from '../../../shared/search-state/search-state.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { resultKey } from '../../../shared/store/search-keys.ts';

const limitBytes = { warmUp: 10_000, metrics: 1_000_000, architecture: 1_000_000, pareto: 8_000_000 };
/** More points than any search writes. */
const mostPoints = 200;

export interface FoundArchitecture {
  id: string;
  architecture: Architecture;
  macs: number;
  parameters: number;
}

export interface SearchResult extends FoundArchitecture {
  metrics: Metrics;
  pareto: (FoundArchitecture & { point: Pareto['points'][number] })[];
}

/** `none` without a problem: there is no result at all; with one: there is something that is no result. A warm-up has no `result`. */
export type ReadResult =
  | { outcome: Exclude<Outcome, 'none'>; result: SearchResult | null }
  | { outcome: 'none'; problem: string | null };

/** @throws FastpathError only where the store fails */
export async function readResult(store: ObjectStore, prefix: string): Promise<ReadResult> {
  const file = (name: string, limit: number) => readJson(store, resultKey(prefix, name), limit);
  return judged(async () => {
    // The worker writes it last: where it is, the rest is.
    const json = await file('metrics.json', limitBytes.metrics);
    if (json === undefined) return { outcome: 'none', problem: null };
    const metrics = metricsSchema.parse(json);
    const found = foundArchitecture(await file('architecture.json', limitBytes.architecture));
    if (metrics.architectureId !== found.id) throw new Invalid('metrics.json is of another architecture');
    const pareto = await file('pareto.json', limitBytes.pareto);
    const points = pareto === undefined ? [] : paretoSchema.parse(pareto).points;
    if (points.length > mostPoints) throw new Invalid(`pareto.json has ${points.length} points`);
    const result: SearchResult = {
      ...found,
      metrics,
      pareto: points.map((point) => ({ ...foundArchitecture(point.architecture), point })),
    };
    return { outcome: metrics.cutShort ? 'cut-short' : 'complete', result };
  });
}

/** The same of a warm-up, whose weights are for workers to read. @throws FastpathError only where the store fails */
export async function readWarmUpResult(store: ObjectStore, prefix: string): Promise<ReadResult> {
  return judged(async () => {
    const json = await readJson(store, resultKey(prefix, 'warm-up.json'), limitBytes.warmUp);
    if (json === undefined) return { outcome: 'none', problem: null };
    return { outcome: warmUpResultSchema.parse(json).cutShort ? 'cut-short' : 'complete', result: null };
  });
}

async function judged(read: () => Promise<ReadResult>): Promise<ReadResult> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FastpathError && error.code.startsWith('store.')) throw error;
    return { outcome: 'none', problem: (error as Error).message.slice(0, 300) };
  }
}

class Invalid extends Error {}

function foundArchitecture(json: unknown): FoundArchitecture {
  const architecture = parseArchitecture(json);
  const { macs, parameters } = describe(architecture);
  return { id: architectureId(architecture), architecture, macs, parameters };
}

/** undefined where there is no such object. */
async function readJson(store: ObjectStore, key: string, limit: number): Promise<unknown> {
  const bytes = await readAtMost(store, key, limit);
  return bytes === null ? undefined : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}

async function readAtMost(store: ObjectStore, key: string, limit: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of store.getStream(key)) {
      size += chunk.length;
      if (size > limit) throw new Invalid(`${key} has more than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof FastpathError && error.code === 'store.missing') return null;
    throw error;
  }
  return Buffer.concat(chunks);
}
