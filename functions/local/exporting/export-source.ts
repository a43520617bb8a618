/** @file What `fastpath export` is to export: a result folder, or an architecture file with weights. */
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { architectureId } from '../../../shared/architecture/identity.ts';
import type { ExportRequest } from '../../../shared/contract/export.ts';
import { jobSpecSchema } from '../../../shared/contract/job-spec.ts';
import { metricsSchema } from '../../../shared/contract/result.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { readArchitecture, readJson } from '../input-file.ts';
import { specName } from '../out-folder.ts';

export type ExportedNetwork = Pick<ExportRequest, 'architecture' | 'weights' | 'metrics' | 'spec'> & {
  /** where exports go when nothing is said */
  out: string;
};

/**
 * @param weights in place of those in the folder
 * @throws FastpathError `export.no-weights` where the network was not trained, and as `readArchitecture` does
 */
export async function exportedNetwork(path: string, weights: string | undefined): Promise<ExportedNetwork> {
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true;
  const architecture = await readArchitecture(isFolder ? join(path, 'architecture.json') : path);
  const file = weights ?? (isFolder ? join(path, 'weights.safetensors') : undefined);
  if (file === undefined || !(await exists(file))) {
    const missing =
      file === undefined ? `${path} is an architecture without weights` : `there are no weights at ${file}`;
    const advice = 'train it first (fastpath train --architecture …), or give --weights weights.safetensors';
    throw new FastpathError('export.no-weights', `${missing}: ${advice}`);
  }
  if (!isFolder) {
    const out = join('fastpath-results', architectureId(architecture), 'exports');
    return { architecture, weights: file, metrics: null, spec: null, out };
  }
  // Other weights than the folder's are not those that its metrics are about.
  const ownWeights = weights === undefined;
  return {
    architecture,
    weights: file,
    metrics: ownWeights ? await parsed(join(path, 'metrics.json'), metricsSchema) : null,
    spec: ownWeights ? await parsed(join(path, specName), jobSpecSchema) : null,
    out: join(path, 'exports'),
  };
}

/** Null where the file is not there, or is none of ours: it only adds to the model card. */
async function parsed<T>(
  file: string,
  schema: { safeParse(json: unknown): { data?: T | undefined } },
): Promise<T | null> {
  const json = await readJson(file).catch(() => null);
  return schema.safeParse(json).data ?? null;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
