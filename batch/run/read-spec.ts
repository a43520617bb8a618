/** @file Which search a worker runs, and what that is: nothing is trusted but what hashes to what the environment says. */
import { createHash } from 'node:crypto';
import { jobListSchema } from '../../shared/contract/job-list.ts';
import { type JobSpec, jobSpecSchema } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { specKey } from '../../shared/store/search-keys.ts';
import type { Environment } from './environment.ts';

export interface NamedSearch {
  /** the search's place in the store, without a final slash */
  prefix: string;
  specSha256: string;
}

/** @throws FastpathError `spec.missing`, `spec.changed` */
export async function findSearch(store: ObjectStore, search: Environment['search']): Promise<NamedSearch> {
  if (search.kind === 'one') return search;
  const { key, sha256, index } = search;
  const found = jobListSchema.parse(await readJson(store, key, sha256)).searches[index];
  if (found === undefined) throw new FastpathError('spec.missing', `the job list ${key} has no search ${index}`);
  return found;
}

/** @throws FastpathError `spec.missing`, `spec.changed` */
export async function readSpec(store: ObjectStore, { prefix, specSha256 }: NamedSearch): Promise<JobSpec> {
  return jobSpecSchema.parse(await readJson(store, specKey(prefix), specSha256));
}

async function readJson(store: ObjectStore, key: string, sha256: string): Promise<unknown> {
  const object = await store.get(key);
  if (!object) throw new FastpathError('spec.missing', `no job spec at ${key} in ${store.uri}`);
  if (createHash('sha256').update(object.bytes).digest('hex') !== sha256) {
    throw new FastpathError('spec.changed', `the job spec at ${key} is not the one this job was started for`);
  }
  return JSON.parse(Buffer.from(object.bytes).toString());
}
