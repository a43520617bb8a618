/** @file What a job may open: its own search, the data set of its spec, and what earlier searches left for it. */
import { createHash } from 'node:crypto';
import { jobListSchema } from '../../shared/contract/job-list.ts';
import { type DataLocation, type JobSpec, jobSpecSchema } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { AssumableRole } from '../../shared/store/assumed-role.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { outcomeKey, specKey, supernetKey } from '../../shared/store/search-keys.ts';
import type { RunningJob } from './running-job.ts';

export interface Grants {
  /** the search's place, without a final slash: all but its spec may be written */
  search: string;
  /** single keys to read */
  keys: string[];
  /** an uploaded data set, without a final slash */
  dataSet: string | null;
  /** a customer's role, which opens the customer's bucket */
  role: AssumableRole | null;
}

/** @throws FastpathError `credentials.spec`, `credentials.foreign`, and what the store throws */
export async function grantsOf(store: ObjectStore, job: RunningJob): Promise<Grants> {
  const { search, list } = await searchOf(store, job);
  const tenant = /^tenants\/\w+\//.exec(search.prefix)?.[0];
  if (tenant === undefined) throw foreign(search.prefix);
  /** What goes into a policy must hold none of its wildcards and variables. */
  const own = (key: string) => {
    if (!key.startsWith(tenant) || !/^\w[\w.-]*(\/\w[\w.-]*)*$/.test(key)) throw foreign(key);
    return key;
  };
  const spec = await readSpec(store, search);
  const { keys, data } = await needsOf(store, spec);
  const { dataSet, role } = placeOf(store, data);
  return {
    search: own(search.prefix),
    keys: [...keys.map(own), ...(list === null ? [] : [own(list)])],
    dataSet: dataSet === null ? null : own(dataSet),
    role,
  };
}

interface NamedSearch {
  prefix: string;
  specSha256: string;
}

async function searchOf(
  store: ObjectStore,
  { environment, index }: RunningJob,
): Promise<{ search: NamedSearch; list: string | null }> {
  const [prefix, specSha256] = [environment.get('FASTPATH_SEARCH'), environment.get('FASTPATH_SPEC_SHA256')];
  if (prefix !== undefined && specSha256 !== undefined) return { search: { prefix, specSha256 }, list: null };
  const [list, sha256] = [environment.get('FASTPATH_JOB_LIST'), environment.get('FASTPATH_JOB_LIST_SHA256')];
  if (list === undefined || sha256 === undefined || index === null) throw notRight('its environment names no search');
  const search = parsed(await readHashed(store, list, sha256), jobListSchema).searches[index];
  if (search === undefined) throw notRight(`its list has no search ${index}`);
  return { search, list };
}

async function readSpec(store: ObjectStore, { prefix, specSha256 }: NamedSearch): Promise<JobSpec> {
  return parsed(await readHashed(store, specKey(prefix), specSha256), jobSpecSchema);
}

async function readHashed(store: ObjectStore, key: string, sha256: string): Promise<Uint8Array> {
  const object = await store.get(key);
  if (object === null) throw notRight(`${key} is missing`);
  if (createHash('sha256').update(object.bytes).digest('hex') !== sha256) throw notRight(`${key} was changed`);
  return object.bytes;
}

function parsed<T>(bytes: Uint8Array, schema: { parse(value: unknown): T }): T {
  return schema.parse(JSON.parse(Buffer.from(bytes).toString()));
}

/** Objects of other searches that the job reads, and its images. */
async function needsOf(store: ObjectStore, spec: JobSpec): Promise<{ keys: string[]; data: DataLocation }> {
  switch (spec.format) {
    case 'fastpath.search-spec/1':
      return { keys: [spec.warmStart?.key, spec.warmUp?.key].filter((key) => key != null), data: spec.data };
    case 'fastpath.warm-up-spec/1':
      return { keys: [], data: spec.data };
    case 'fastpath.train-spec/1':
      return { keys: spec.initialWeights === null ? [] : [spec.initialWeights], data: spec.data };
    case 'fastpath.prune-spec/1': {
      const pruned = await readSpec(store, spec.search);
      if (pruned.format === 'fastpath.prune-spec/1') throw notRight('it prunes what was pruned');
      const kept = [specKey, outcomeKey, supernetKey].map((keyIn) => keyIn(spec.search.prefix));
      const { keys, data } = await needsOf(store, pruned);
      return { keys: [...kept, ...keys], data };
    }
  }
}

function placeOf(store: ObjectStore, { uri, role }: DataLocation): Pick<Grants, 'dataSet' | 'role'> {
  if (role !== undefined) {
    if (/[*?$]/.test(role.arn + role.externalId)) throw foreign(role.arn);
    return { dataSet: null, role };
  }
  const root = store.uri.endsWith('/') ? store.uri : `${store.uri}/`;
  if (!uri.startsWith(root)) throw foreign(uri);
  return { dataSet: uri.slice(root.length).replace(/\/$/, ''), role: null };
}

function notRight(why: string): FastpathError {
  return new FastpathError('credentials.spec', `the job cannot be given credentials: ${why}`);
}

function foreign(name: string): FastpathError {
  return new FastpathError('credentials.foreign', `the job names ${name}, which is not its tenant's`);
}
