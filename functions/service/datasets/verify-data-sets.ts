/** @file Looks at what was registered, as the worker will: opens it, counts it, and decodes some of its images. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { and, eq } from 'drizzle-orm';
import type { DataSet } from '../../../shared/data/data-set.ts';
import { decode, UndecodableImage } from '../../../shared/data/decode.ts';
import { openDataSet } from '../../../shared/data/open-data.ts';
import { dataSets } from '../../../shared/db/schema/data-sets.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { checkRole } from '../../../shared/store/assumed-role.ts';
import { type DataSetRow, dataLocation } from './data-set-view.ts';
import type { DataSetDependencies } from './dependencies.ts';
import { checkLinks } from './places.ts';

/** Images that are decoded, spread evenly over the set. */
const sampledImages = 64;
/** Of those may fail: a run skips up to 1 % of its images. */
const undecodableAllowed = 1;

/**
 * Verifies every data set that waits for it; each ends `verified` or `refused`, unless the store or the database is away,
 * which throws and leaves it waiting. Running twice at once is harmless.
 * @returns how many were decided
 */
export async function verifyDataSets(dependencies: DataSetDependencies): Promise<number> {
  const { db } = dependencies;
  const waiting = await db.select().from(dataSets).where(eq(dataSets.state, 'verifying')).orderBy(dataSets.id);
  for (const row of waiting) {
    const outcome = await verify(dependencies, row);
    await db
      .update(dataSets)
      .set(outcome)
      .where(and(eq(dataSets.id, row.id), eq(dataSets.state, 'verifying')));
  }
  return waiting.length;
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
