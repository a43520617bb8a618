/** @file `fastpath datasets`: registered images. */
import { basename, resolve } from 'node:path';
import type { DataSet } from '../../../shared/contract/api/data-sets.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { bytes, table } from '../../../shared/format.ts';
import type { Fastpath } from '../../client/index.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { readFailure } from '../read-failure.ts';
import { type ApiFlags, connectTo } from './connect.ts';
import { day, gather } from './listing.ts';

export async function listDataSets(flags: ApiFlags, console: Console): Promise<void> {
  const dataSets = await gather((await connectTo(flags)).dataSets.list());
  if (flags.json) return writeJson(console, dataSets);
  show(dataSets, console);
}

export async function showDataSet(id: string, flags: ApiFlags, console: Console): Promise<void> {
  tell(await (await connectTo(flags)).dataSets.get(id), flags, console);
}

export interface RegisterFlags extends ApiFlags {
  directory?: string;
  bucket?: string;
  role?: string;
}

/** A directory of the server's, or a bucket of one's own; waits until it was verified. */
export async function registerDataSet(name: string, flags: RegisterFlags, console: Console): Promise<void> {
  const { directory, bucket, role, ...api } = flags;
  const source =
    directory !== undefined && bucket === undefined && role === undefined
      ? ({ type: 'directory', path: directory } as const)
      : directory === undefined && bucket !== undefined && role !== undefined
        ? ({ type: 'bucket', uri: bucket, roleArn: role } as const)
        : null;
  if (source === null) {
    const message = 'where are the images? give --directory PATH, or --bucket s3://… with --role ARN';
    throw new FastpathError('flags.source', message);
  }
  const fastpath = await connectTo(api);
  const { id } = await fastpath.dataSets.create({ name, source });
  await tellVerified(fastpath, id, api, console);
}

export interface UploadFlags extends ApiFlags {
  name?: string;
}

/** Uploads a folder and waits until it was verified. */
export async function uploadDataSet(folder: string, flags: UploadFlags, console: Console): Promise<void> {
  const { name = basename(resolve(folder)), ...api } = flags;
  const { filesIn } = await import('../../client/node.ts');
  const files = await filesIn(folder).catch((cause) => {
    throw readFailure(folder, cause);
  });
  if (files.length === 0) throw new FastpathError('data.empty', `there are no files in ${folder}`);
  const fastpath = await connectTo(api);
  let sent = 0;
  const onUploaded = (file: string) => {
    sent++;
    if (!flags.json) writeLine(console.err, `${sent} of ${files.length}: ${file}`);
  };
  const { id } = await fastpath.dataSets.upload(name, files, { onUploaded });
  await tellVerified(fastpath, id, api, console);
}

export async function deleteDataSet(id: string, flags: ApiFlags, console: Console): Promise<void> {
  await (await connectTo(flags)).dataSets.delete(id);
  if (flags.json) return writeJson(console, { id, deleted: true });
  writeLine(console.out, `${id} is gone`);
}

/**
 * The data set with that id or, where there is just one, that name.
 * @throws FastpathError `data-set.unknown`, `data-set.ambiguous`
 */
export async function findDataSet(fastpath: Fastpath, idOrName: string): Promise<DataSet> {
  if (/^ds_[0-9a-z]{26}$/.test(idOrName)) return fastpath.dataSets.get(idOrName);
  const named = (await gather(fastpath.dataSets.list())).filter(({ name }) => name === idOrName);
  if (named.length === 1) return named[0]!;
  if (named.length > 1) {
    const ids = named.map(({ id }) => id).join(', ');
    throw new FastpathError(
      'data-set.ambiguous',
      `${named.length} data sets are named ${idOrName}: name one by id (${ids})`,
    );
  }
  const hint = 'fastpath datasets list shows those there are, fastpath datasets upload FOLDER makes one';
  throw new FastpathError('data-set.unknown', `there is no data set named ${idOrName}: ${hint}`);
}

async function tellVerified(fastpath: Fastpath, id: string, flags: ApiFlags, console: Console): Promise<void> {
  if (!flags.json) writeLine(console.err, `${id} is being verified …`);
  tell(await fastpath.dataSets.verified(id), flags, console);
}

function tell(dataSet: DataSet, { json }: ApiFlags, console: Console): void {
  if (json) {
    writeJson(console, dataSet);
    return;
  }
  show([dataSet], console);
  if (dataSet.reason !== null) writeLine(console.out, `refused: ${dataSet.reason.message}`);
  if (dataSet.externalId !== null) writeLine(console.out, `external id for your role: ${dataSet.externalId}`);
}

function show(dataSets: readonly DataSet[], console: Console): void {
  const rows = dataSets.map(({ id, name, source, state, classes, images, bytes: size, createdAt }) => [
    id,
    name,
    source,
    state,
    String(classes ?? '–'),
    String(images ?? '–'),
    size === null ? '–' : bytes(size),
    day(createdAt),
  ]);
  console.out.write(table([['id', 'name', 'source', 'state', 'classes', 'images', 'size', 'made'], ...rows]));
}
