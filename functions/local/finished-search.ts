/** @file The folder that a search, or a pruning after it, left its results in: whose they are, for which budgets. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { type JobSpec, jobSpecSchema, type PruneSpec } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';
import { idOfBytes } from '../service/search-spec/spec-file.ts';
import { searchPrefix } from './home.ts';
import { readArchitecture } from './input-file.ts';
import { specName } from './out-folder.ts';

export interface Target {
  /** id */
  hardware: string;
  budgetMs: number;
}

export interface FinishedSearch {
  architecture: Architecture;
  /** the search that trained the supernet */
  search: PruneSpec['search'];
  targets: Target[];
  /** of earlier networks of the same search */
  timings: PruneSpec['timings'];
}

/** @throws FastpathError `result.not-search` where the folder holds no results of a search */
export async function readFinishedSearch(folder: string): Promise<FinishedSearch> {
  const bytes = await readFile(join(folder, specName)).catch((cause) => {
    throw notSearch(folder, cause);
  });
  const spec = parseSpec(bytes, folder);
  if (!('constraints' in spec)) throw notSearch(folder);
  const own = { prefix: searchPrefix(idOfBytes(bytes)), specSha256: createHash('sha256').update(bytes).digest('hex') };
  const isPruned = spec.format === 'fastpath.prune-spec/1';
  return {
    architecture: await readArchitecture(join(folder, 'architecture.json')),
    search: isPruned ? spec.search : own,
    targets: spec.constraints.map(({ model, budgetMs }) => ({ hardware: model.hardware.id, budgetMs })),
    timings: isPruned ? spec.timings : [],
  };
}

function parseSpec(bytes: Uint8Array, folder: string): JobSpec {
  try {
    return jobSpecSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw notSearch(folder, cause);
  }
}

function notSearch(folder: string, cause?: unknown): FastpathError {
  const message = `${folder} holds no results of a search: give the folder that fastpath search wrote them to`;
  return new FastpathError('result.not-search', message, { cause });
}
