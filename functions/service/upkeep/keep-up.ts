/**
 * @file All that has to be done once in a while, whoever has asked for nothing: each part finds by itself what is due, so
 * that calling it often costs a few queries, and rarely loses nothing but time.
 */
import type { SearchDeps } from '../searches/deps.ts';
import { eraseTenants } from '../tenants/erase-tenants.ts';
import { surveyStorage } from '../usage/survey-storage.ts';
import { type Retention, sweepDatabase, sweepSearches, sweepUploads } from './sweep.ts';

/** A write that takes longer has lost its writer. */
const abandonedAfterMs = 2 * 24 * 3600_000;

export interface UpkeepDeps extends SearchDeps {
  retention: Retention;
}

/** @returns what went wrong with single things; they are tried again the next time */
export async function keepUp(deps: UpkeepDeps): Promise<unknown[]> {
  const { store, clock } = deps;
  const parts = [
    () => eraseTenants(deps),
    () => sweepDatabase(deps),
    () => sweepSearches(deps),
    () => sweepUploads(deps),
    () => surveyStorage(deps),
    () => store.removeAbandoned(new Date(clock.now().getTime() - abandonedAfterMs)),
  ];
  const failures: unknown[] = [];
  for (const part of parts) {
    await part().then(
      (failed) => failures.push(...(failed ?? [])),
      (error: unknown) => failures.push(error),
    );
  }
  return failures;
}
