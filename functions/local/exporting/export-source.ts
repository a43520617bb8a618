/** @file What `fastpath export` is to export: a result folder, or an architecture file with weights. */
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { architectureId } from '../../../shared/architecture/identity.ts';
import { classResultsSchema } from '../../../shared/contract/class-results.ts';
import { costSchema } from '../../../shared/contract/cost.ts';
import type { ExportRequest } from '../../../shared/contract/export.ts';
import { jobSpecSchema } from '../../../shared/contract/job-spec.ts';
import { metricsSchema } from '../../../shared/contract/result.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { readArchitecture, readOptional } from '../input-file.ts';
import { specName } from '../out-folder.ts';

export type ExportedNetwork = Pick<
  ExportRequest,
  'architecture' | 'weights' | 'labels' | 'metrics' | 'spec' | 'cost'
> & {
  /** where exports go when nothing is said */
  out: string;
};

/**
 * @param weights in place of those in the folder
 * @throws FastpathError `export.no-weights` where the network was not trained, and as `readArchitecture` and `readOptional` do
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
    return { architecture, weights: file, ...unknown, out };
  }
  const out = join(path, 'exports');
  // Other weights than the folder's are not those that its other files are about.
  if (weights !== undefined) return { architecture, weights: file, ...unknown, out };
  const advice = 'give its architecture.json instead of the folder, with --weights';
  const parsed = <T>(name: string, schema: z.ZodType<T>) => readOptional(join(path, name), schema, advice);
  const classes = await parsed('classes.json', classResultsSchema);
  return {
    architecture,
    weights: file,
    labels: classes === null ? null : classes.classes.map(({ name }) => name),
    metrics: await parsed('metrics.json', metricsSchema),
    spec: await parsed(specName, jobSpecSchema),
    cost: await parsed('cost.json', costSchema),
    out,
  };
}

/** Of weights that came alone. */
const unknown = { labels: null, metrics: null, spec: null, cost: null };

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
