/** @file From a URI to a store. The S3 client is loaded only where a URI asks for it: it takes a while to start. */
import { fileURLToPath } from 'node:url';
import type { JobSession } from '../contract/job-credentials.ts';
import { FastpathError } from '../errors.ts';
import type { AssumableRole } from './assumed-role.ts';
import { DirectoryStore } from './directory.ts';
import type { ObjectStore } from './object-store.ts';

export interface S3Location {
  /** for S3-compatible servers, e.g. `http://127.0.0.1:9000`; absent: AWS */
  endpoint?: string;
  /** absent: what the environment says */
  region?: string;
  /** whose credentials are used; absent: our own */
  role?: AssumableRole;
  /** where our own come from, for a job in the cloud; absent: the SDK's usual chain (environment, profile, role) */
  session?: JobSession;
}

/** Opens `s3://bucket/prefix`, `file:///path` or a directory path; throws `store.uri` for anything else. */
export async function openStore(uri: string, location: S3Location = {}): Promise<ObjectStore> {
  if (uri === '')
    throw new FastpathError('store.uri', 'The store has an empty name: give a directory or s3://bucket/prefix.');
  const s3 = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri);
  if (s3 !== null) {
    const { S3Store } = await import('./s3.ts');
    const { role, session, ...service } = location;
    const own =
      session === undefined ? {} : { credentials: (await import('./job-credentials.ts')).jobCredentials(session) };
    const credentials =
      role === undefined
        ? own
        : { credentials: (await import('./assumed-role.ts')).assumedRole(role, { ...service, ...own }) };
    return new S3Store({ bucket: s3[1]!, prefix: s3[2]!.replace(/\/+$/, ''), ...service, ...credentials });
  }
  if (uri.startsWith('file://')) return new DirectoryStore(fileURLToPath(uri));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) {
    throw new FastpathError('store.uri', `${uri} is neither a directory nor s3://bucket/prefix: give one of these.`);
  }
  return new DirectoryStore(uri);
}
