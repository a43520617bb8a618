/** @file `fastpath/client/node`: the client's ways from and to files. */
import { createWriteStream, openAsBlob } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FoundArchitecture } from '../../shared/contract/api/architectures.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { CallOptions, Fastpath, UploadFile } from './index.ts';

const downloadTries = 3;

/** All files in a folder but hidden ones, for `dataSets.upload`; what they hold is read when it is sent. */
export async function filesIn(folder: string): Promise<UploadFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const named = paths.map((path) => ({ path, name: relative(folder, path).split(sep).join('/') }));
  const shown = named.filter(({ name }) => !name.split('/').some((part) => part.startsWith('.')));
  return Promise.all(shown.map(async ({ path, name }) => ({ name, content: await openAsBlob(path) })));
}

/**
 * Downloads all files of an architecture into a folder, `metrics.json` last: where it is, the rest is whole.
 * @returns their names
 */
export async function saveFiles(
  fastpath: Fastpath,
  { id, files }: Pick<FoundArchitecture, 'id' | 'files'>,
  folder: string,
  options: CallOptions = {},
): Promise<string[]> {
  const inOrder = [...files].sort((a, b) => Number(a.name === 'metrics.json') - Number(b.name === 'metrics.json'));
  for (const file of inOrder) await saveFile(fastpath, id, file, folder, options);
  return inOrder.map(({ name }) => name);
}

/** Under another name until it is whole; from its start again where the connection broke. */
async function saveFile(
  fastpath: Fastpath,
  id: string,
  { name, bytes }: FoundArchitecture['files'][number],
  folder: string,
  options: CallOptions,
): Promise<void> {
  const path = join(folder, name);
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  for (let tries = 1; ; tries++) {
    const body = Readable.fromWeb((await fastpath.architectures.download(id, name, options)) as never);
    const file = createWriteStream(part);
    try {
      await pipeline(body, file);
      if (file.bytesWritten !== bytes) throw new Error(`${file.bytesWritten} of ${bytes} bytes came`);
      return await rename(part, path);
    } catch (cause) {
      options.signal?.throwIfAborted();
      await rm(part, { force: true });
      if (isOurs(cause)) throw cause;
      if (tries < downloadTries) continue;
      const message = `the download of ${name} broke off (${(cause as Error).message}): try again`;
      throw new FastpathError('api.download', message, { retry: true, cause });
    }
  }
}

/** Of the disk, where trying again does not help. */
function isOurs(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall !== undefined && (error as NodeJS.ErrnoException).path !== undefined;
}
