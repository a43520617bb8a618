/** @file Looks at what was registered, as the worker will: opens it, counts it, and decodes some of its images. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { and, eq, isNull, lte, or } from 'drizzle-orm';
import { backoffMs } from '../../../shared/backoff.ts';
import type { DataSet } from '../../../shared/data/data-set.ts';
import { decode, UndecodableImage } from '../../../shared/data/decode.ts';
import { openDataSet } from '../../../shared/data/open-data.ts';
import { dataSets } from '../../../shared/db/schema/data-sets.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { checkRole } from '../../../shared/store/assumed-role.ts';
import { type DataSetRow, dataLocation } from './data-set-view.ts';
import type { DataSetDependencies } from './dependencies.ts';
import { checkLinks } from './places.ts';

/** Images that are decoded, spread evenly over the set. */
const sampledImages = 64;
/** Of those may fail: a run skips up to 1 % of its images. */
const undecodableAllowed = 1;

/** Who looks into a data set says so again within this time, or another one may. */
const leaseMs = 120_000;
const firstWaitMs = 10_000;
const longestWaitMs = 3_600_000;
/** Most of a day. */
const mostTries = 40;

/**
 * Verifies every data set whose time has come, each under a lease; each ends `verified` or `refused`. One that cannot be
 * reached now waits, longer with each try, and holds up no other.
 * @returns how many were decided, and what kept others from it
 * @throws FastpathError `database.unavailable` (retry)
 */
export async function verifyDataSets(
  dependencies: DataSetDependencies,
): Promise<{ decided: number; failures: unknown[] }> {
  const { db, clock } = dependencies;
  const failures: unknown[] = [];
  for (let decided = 0; ; ) {
    const row = await lease(dependencies);
    if (row === undefined) return { decided, failures };
    const still = and(eq(dataSets.id, row.id), eq(dataSets.state, 'verifying'));
    const renewing = setInterval(() => {
      const verifyAfter = new Date(clock.now().getTime() + leaseMs);
      // Where the database is away for that long another one may look as well, which is harmless.
      db.update(dataSets)
        .set({ verifyAfter })
        .where(still)
        .catch(() => undefined);
    }, leaseMs / 3);
    try {
      await db
        .update(dataSets)
        .set({ ...(await verify(dependencies, row)), verifyAfter: null })
        .where(still);
      decided++;
    } catch (error) {
      failures.push(error);
      await db.update(dataSets).set(later(row, clock.now())).where(still);
    } finally {
      clearInterval(renewing);
    }
  }
}

/** When to look again at one that could not be reached, or that it is given up. */
function later({ verifyTries: before }: DataSetRow, now: Date): Partial<DataSetRow> {
  const verifyTries = before + 1;
  if (verifyTries < mostTries) {
    const waitMs = firstWaitMs + backoffMs(verifyTries, firstWaitMs, longestWaitMs);
    return { verifyTries, verifyAfter: new Date(now.getTime() + waitMs) };
  }
  const reasonMessage = `the data set could not be read in ${mostTries} tries over a day: make it readable and register it again`;
  return { verifyTries, verifyAfter: null, state: 'refused', reasonCode: 'data.unreachable', reasonMessage };
}

/** The data set that waits longest, for this caller alone. */
async function lease({ db, clock }: DataSetDependencies): Promise<DataSetRow | undefined> {
  return transact(db, async (tx) => {
    const now = clock.now();
    const [row] = await tx
      .select()
      .from(dataSets)
      .where(and(eq(dataSets.state, 'verifying'), or(isNull(dataSets.verifyAfter), lte(dataSets.verifyAfter, now))))
      .orderBy(dataSets.id)
      .limit(1)
      .for('update', { skipLocked: true });
    if (row === undefined) return undefined;
    const verifyAfter = new Date(now.getTime() + leaseMs);
    await tx.update(dataSets).set({ verifyAfter }).where(eq(dataSets.id, row.id));
    return row;
  });
}

async function verify(dependencies: DataSetDependencies, row: DataSetRow): Promise<Partial<DataSetRow>> {
  const cacheDirectory = await mkdtemp(join(tmpdir(), 'fastpath-verify-'));
  try {
    const { uri, role } = dataLocation(row);
    if (role !== undefined) await checkRole(role, dependencies.buckets);
    if (row.source === 'directory') await checkLinks(dependencies.dataRoot ?? uri, uri);
    const own = row.source === 'upload' ? {} : dependencies.buckets;
    const opened = await openDataSet(uri, { cacheDirectory, ...own, ...(role === undefined ? {} : { role }) });
    await decodeSome(opened);
    return {
      state: 'verified',
      verifiedAt: dependencies.clock.now(),
      classes: opened.classes.length,
      images: opened.labels.length,
      trainImages: opened.train.length,
      bytes: opened.sizes.reduce((sum, size) => sum + size, 0),
      fingerprint: opened.fingerprint,
    };
  } catch (error) {
    if (!(error instanceof FastpathError) || error.retry) throw error;
    // Where things lie on our side is not for customers to read.
    const reasonMessage = error.message.replaceAll(row.uri, row.source === 'bucket' ? row.uri : 'the data set');
    return { state: 'refused', reasonCode: error.code, reasonMessage };
  } finally {
    await rm(cacheDirectory, { recursive: true, force: true });
  }
}

/** Throws `data.undecodable`. */
async function decodeSome(dataSet: DataSet): Promise<void> {
  const count = dataSet.labels.length;
  const failed: string[] = [];
  for (let i = 0; i < Math.min(count, sampledImages); i++) {
    const sample = Math.floor((i * count) / Math.min(count, sampledImages));
    try {
      await decode(await dataSet.read(sample));
    } catch (error) {
      if (!(error instanceof UndecodableImage)) throw error;
      failed.push(`${dataSet.nameOf(sample)} (${error.message})`);
    }
  }
  if (failed.length <= undecodableAllowed && failed.length < count) return;
  throw new FastpathError(
    'data.undecodable',
    `${failed.length} of ${Math.min(count, sampledImages)} images tried could not be decoded. First: ${failed[0]}. Repair or remove them.`,
  );
}
