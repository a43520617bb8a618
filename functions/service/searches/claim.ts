/** @file Who executes a search: the job that the first attempt's claim names. */
import { type Claim, claimOf } from '../../../shared/contract/claim.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { claimKey } from '../../../shared/store/search-keys.ts';

/** Nobody: the claim was taken so that no job can have it. */
export const nobody = Symbol('nobody');
export type Owner = string | typeof nobody;

/** The job that executes the search, or null while none has claimed it. */
export async function readOwner(store: ObjectStore, prefix: string): Promise<Owner | null> {
  const object = await store.get(claimKey(prefix, 1));
  return object === null ? null : (claimOf(object.bytes)?.job ?? nobody);
}

/** Takes the claim so that no job will ever execute the search, unless one has it already. @returns whose it is */
export async function closeClaim(store: ObjectStore, prefix: string, at: Date): Promise<Owner> {
  const claim: Claim = { format: 'fastpath.claim/1', job: null, at: at.toISOString() };
  try {
    await store.put(claimKey(prefix, 1), Buffer.from(JSON.stringify(claim)), { ifNoneMatch: '*' });
    return nobody;
  } catch (error) {
    if (!(error instanceof FastpathError && error.code === 'store.precondition')) throw error;
    return (await readOwner(store, prefix)) ?? nobody;
  }
}
