/** @file The folder that a job's results are copied to, and whose results it holds. */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { idOfBytes, type SpecFile } from '../service/search-spec/spec-file.ts';
import { searchPrefix } from './home.ts';

/** Beside the results lies the spec they answer: it says later whose they are. */
export const specName = 'spec.json';

/** The file that says whose results a folder holds. */
export interface Mark {
  name: string;
  idOf(bytes: Uint8Array): string;
}

const specMark: Mark = { name: specName, idOf: idOfBytes };

/** Of results that a service delivered: the search as it was when they were fetched. */
export const searchMark: Mark = {
  name: 'search.json',
  idOf: (bytes) => {
    try {
      return String(JSON.parse(new TextDecoder().decode(bytes)).id);
    } catch {
      return 'not known';
    }
  },
};

export interface SavedResult {
  architecture: string;
  metrics: string;
  weights: string;
  /** null for a training, which has no Pareto set */
  pareto: string | null;
  pictures: string[];
}

/**
 * Makes the folder, or takes it where it is empty or holds an earlier copy of the same job's results.
 * @param id of the job; null where it is a new one
 * @throws FastpathError `out.taken` where it holds something else, `out.unusable` where it cannot be made
 */
export async function claimOutFolder(folder: string, id: string | null, mark: Mark = specMark): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new FastpathError('out.unusable', `cannot make the folder ${folder} (${reason}): choose another --out`, {
      cause,
    });
  }
  const held = await readFile(join(folder, mark.name)).catch(() => null);
  if (
    held === null &&
    (await readdir(folder)).some((name) => name === 'metrics.json' || name === 'architecture.json')
  ) {
    throw taken(folder, 'results of another run');
  }
  if (held !== null && mark.idOf(held) !== id) throw taken(folder, `the results of another job (${mark.idOf(held)})`);
}

function taken(folder: string, what: string): FastpathError {
  return new FastpathError('out.taken', `${folder} holds ${what}: choose another --out, or move those away`);
}

/** Copies all that lies under the search's `result/`, the metrics last: where they are, the rest is whole. */
export async function saveResult(store: ObjectStore, spec: SpecFile, folder: string): Promise<SavedResult> {
  const prefix = `${searchPrefix(spec.id)}/result/`;
  const names: string[] = [];
  for await (const { key } of store.list(prefix)) names.push(key.slice(prefix.length));
  names.sort((a, b) => Number(a === 'metrics.json') - Number(b === 'metrics.json'));
  await write(join(folder, specName), [spec.bytes]);
  for (const name of names) await write(join(folder, name), store.getStream(prefix + name));
  return resultIn(folder, names);
}

/** The files of a finished job in `folder`, of which it has `names`. */
export function resultIn(folder: string, names: readonly string[]): SavedResult {
  const path = (name: string) => join(folder, name);
  return {
    architecture: path('architecture.json'),
    metrics: path('metrics.json'),
    weights: path('weights.safetensors'),
    pareto: names.includes('pareto.json') ? path('pareto.json') : null,
    pictures: names
      .filter((name) => /\.(svg|png)$/.test(name))
      .sort()
      .map(path),
  };
}

async function write(file: string, content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.part`, content);
  await rename(`${file}.part`, file);
}
