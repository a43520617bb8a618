/** @file Where the images are, as a job spec names it: absolute, so that it means the same from every folder. */
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FastpathError } from '../../shared/errors.ts';

const expected = 'give a folder with train/CLASS/ images or .tar shards, or s3://bucket/prefix';

/**
 * The URI of `--data`. A folder has to be there and hold something; what it holds is for the worker to judge.
 * @throws FastpathError `data.missing`, `data.empty`, `data.uri`
 */
export async function dataUri(text: string): Promise<string> {
  if (text.startsWith('s3://')) {
    if (/^s3:\/\/[^/]+/.test(text)) return text.replace(/\/+$/, '');
    throw new FastpathError('data.uri', `--data ${text} names no bucket: ${expected}`);
  }
  const isFile = text.startsWith('file://');
  if (text === '' || (!isFile && /^[a-z][a-z0-9+.-]*:\/\//i.test(text))) {
    throw new FastpathError('data.uri', `--data cannot be "${text}": ${expected}`);
  }
  const folder = isFile ? fileURLToPath(text) : resolve(text);
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOTDIR' ? `${text} is a file, not a folder` : `cannot read the folder ${text}`;
    const problem = cause.code === 'ENOENT' ? `there is no folder ${text}` : reason;
    throw new FastpathError('data.missing', `--data: ${problem}: ${expected}`, { cause });
  });
  if (names.length === 0) throw new FastpathError('data.empty', `--data: the folder ${text} is empty: ${expected}`);
  return folder;
}
