import type { CreateDataSet, CreatedDataSet } from '../../../shared/contract/api/data-sets.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { dataSets } from '../../../shared/db/schema/data-sets.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { dataSetView } from './data-set-view.ts';
import type { DataSetDependencies } from './dependencies.ts';
import { directoryUnder, externalIdOf, uploadFolder, uploadUri } from './places.ts';
import { type AnnouncedFile, announceFiles, type UploadLink, uploadLinks } from './uploads.ts';

type CommitCreated = (change: (tx: Transaction) => Promise<CreatedDataSet>) => Promise<CreatedDataSet>;

/**
 * Registers a data set. One that lies somewhere waits for `verifyDataSets`, an upload for its files.
 * @throws FastpathError `data-set.files`, `data-set.no-root`, `data-set.outside`, `data.missing`
 */
export async function createDataSet(
  dependencies: DataSetDependencies,
  tenantId: string,
  { name, source }: CreateDataSet,
  commit: CommitCreated = (change) => transact(dependencies.db, change),
): Promise<CreatedDataSet> {
  const { store, clock, dataRoot } = dependencies;
  const id = newId('ds', clock);
  const common = { id, tenantId, name, source: source.type, createdAt: clock.now() };
  if (source.type === 'upload') {
    checkFiles(source.files);
    try {
      await announceFiles(store, tenantId, id, source.files);
      const uploads = await uploadLinks(store, tenantId, id, source.files);
      const row = { ...common, uri: uploadUri(store, tenantId, id), state: 'pending' as const };
      return await insert(commit, row, uploads);
    } catch (error) {
      // What nobody has a row of, nobody would ever delete.
      await store.deletePrefix(uploadFolder(tenantId, id)).catch(() => undefined);
      throw error;
    }
  }
  const place =
    source.type === 'directory'
      ? { uri: await directoryUnder(dataRoot, source.path) }
      : { uri: source.uri, roleArn: source.roleArn, externalId: externalIdOf(tenantId) };
  return insert(commit, { ...common, ...place, state: 'verifying' }, []);
}

function insert(
  commit: CommitCreated,
  row: typeof dataSets.$inferInsert,
  uploads: UploadLink[],
): Promise<CreatedDataSet> {
  return commit(async (tx) => {
    const [kept] = await tx.insert(dataSets).values(row).returning();
    return { ...dataSetView(kept!), uploads };
  });
}

/** A name that is another's folder could be stored in S3 and not in a directory. */
function checkFiles(files: readonly AnnouncedFile[]): void {
  const names = new Set(files.map(({ name }) => name));
  if (names.size < files.length) throw new FastpathError('data-set.files', 'a file is named twice: name each once');
  for (const name of names) {
    for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      if (!names.has(name.slice(0, end))) continue;
      throw new FastpathError('data-set.files', `${name.slice(0, end)} is a file and a folder at once: rename one`);
    }
  }
}
