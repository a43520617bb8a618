/** @file The file that `--out` names: looked at before the work, written whole after it. */
import { constants } from 'node:fs';
import { access, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';

/** @throws FastpathError `out.unusable` where no file can be written there */
export async function checkOutFile(file: string): Promise<void> {
  const folder = dirname(file);
  const held = await stat(file).catch(() => null);
  if (held?.isDirectory() === true) throw unusable(file, 'it is a folder');
  const isFolder = (await stat(folder).catch(() => null))?.isDirectory() === true;
  if (!isFolder) throw unusable(file, `there is no folder ${folder}`);
  await access(folder, constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    throw unusable(file, cause.code ?? cause.message, cause);
  });
}

/** @throws FastpathError `out.unusable` */
export async function writeOutFile(file: string, value: unknown): Promise<void> {
  try {
    await writeFile(`${file}.part`, `${JSON.stringify(value, null, 1)}\n`);
    await rename(`${file}.part`, file);
  } catch (cause) {
    throw unusable(file, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
  }
}

function unusable(file: string, reason: string, cause?: unknown): FastpathError {
  return new FastpathError('out.unusable', `cannot write ${file} (${reason}): choose another --out`, { cause });
}
