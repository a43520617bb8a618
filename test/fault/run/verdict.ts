/** @file What became of a search, beside what had to: its result to the last bit, and its usage to the second. */
import { readFile } from 'node:fs/promises';
import { and, eq } from 'drizzle-orm';
import { creditOf } from '../../../functions/service/credit/statement.ts';
import { monthlyUsage } from '../../../functions/service/usage/monthly-usage.ts';
import { attempts, usageEvents } from '../../../shared/db/schema/index.ts';
import type { JobDescription } from '../../../shared/queue/job-queue.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { hashes } from '../worker-run.ts';
import { fundedMicroUsd, type Service, tenantId } from './service.ts';

/** All that was ever used. */
const ever = { name: 'ever', start: new Date(0), end: new Date(8e12) };

/** SHA-256 of each file of a result but what it took, by name. */
export type Hashes = Readonly<Record<string, string>>;

export interface Ended {
  job: JobDescription;
  hashes: Hashes;
  /** how often its machine was taken */
  reclaims: number;
  /** of all attempts, by the queue */
  seconds: number;
  /** what is wrong with its end or its usage */
  faults: string[];
}

export async function lookAt(service: Service, searchId: string): Promise<Ended> {
  const search = await service.read(searchId);
  const [job] = await service.deps.queue.describe([search.jobId!]);
  const times = job!.attempts.map(({ startedAt, stoppedAt }) => (stoppedAt!.getTime() - startedAt!.getTime()) / 1000);
  const seconds = times.reduce((sum, each) => sum + each, 0);
  const faults = await usageFaults(service, searchId, times);
  if (search.state !== 'succeeded') {
    const printed = await readFile(job!.attempts.at(-1)!.log!, 'utf8');
    faults.push(
      `${searchId} ${search.state}: ${search.reasonMessage}; the last attempt printed ${printed.slice(-500)}`,
    );
  }
  const reclaims = job!.attempts.filter(({ reason }) => reason?.startsWith('Host EC2')).length;
  return { job: job!, hashes: await resultHashes(service, searchId), reclaims, seconds, faults };
}

/** @param times of the attempts, in seconds */
async function usageFaults({ deps: { db } }: Service, searchId: string, times: readonly number[]): Promise<string[]> {
  const faults: string[] = [];
  const known = await db.select().from(attempts).where(eq(attempts.searchId, searchId)).orderBy(attempts.n);
  const metered = await db
    .select()
    .from(usageEvents)
    .where(and(eq(usageEvents.searchId, searchId), eq(usageEvents.kind, 'gpu-seconds')))
    .orderBy(usageEvents.attempt);
  for (const [what, rows] of Object.entries({ shown: known, metered })) {
    const seconds = rows.map(({ gpuSeconds }) => gpuSeconds);
    if (String(seconds) === String(times)) continue;
    faults.push(`${searchId}: attempts of ${times.join(', ')} s are ${what} as ${seconds.join(', ')} s`);
  }
  return faults;
}

async function resultHashes({ store }: Service, searchId: string): Promise<Hashes> {
  const folder = `${searchPrefixOf(tenantId, searchId)}/result/`;
  const files = new Map<string, Uint8Array>();
  for await (const { key } of store.list(folder)) {
    const { bytes } = (await store.get(key))!;
    files.set(key.slice(folder.length), key.endsWith('/model-card.md') ? withoutCost(bytes) : bytes);
  }
  return hashes(files);
}

/** What a job took differs from run to run, and its card tells it, too. */
function withoutCost(card: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(card)
      .toString()
      .replace(/^\| cost \|.*$/m, ''),
  );
}

/** Names of files that are not the same in both. */
export function differences(left: Hashes, right: Hashes): string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((name) => left[name] !== right[name]);
}

/** What is wrong with the tenant's usage and credit, all searches together. @param seconds by the queue */
export async function billFaults({ deps }: Service, seconds: number): Promise<string[]> {
  const faults: string[] = [];
  const { gpuSeconds, costMicroUsd } = await monthlyUsage(deps, tenantId, ever);
  if (Math.abs(gpuSeconds - seconds) > 1e-3)
    faults.push(`${gpuSeconds} s are metered in all, and the queue told ${seconds} s`);
  const credit = await creditOf(deps, tenantId);
  if (credit.reservedMicroUsd !== 0) faults.push(`${credit.reservedMicroUsd / 1e6} USD stay reserved`);
  if (credit.spentMicroUsd !== costMicroUsd) {
    faults.push(`${credit.spentMicroUsd / 1e6} USD are charged, and ${costMicroUsd / 1e6} USD metered`);
  }
  const sum = credit.availableMicroUsd + credit.spentMicroUsd;
  if (sum !== fundedMicroUsd) faults.push(`credit of ${fundedMicroUsd / 1e6} USD has become ${sum / 1e6} USD`);
  return faults;
}
