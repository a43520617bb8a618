/** @file Files that cannot be read, in words. */
import { FastpathError } from '../../shared/errors.ts';

/** The error for a file that could not be read: `file.missing`, `file.unreadable`. */
export function readFailure(file: string, cause: NodeJS.ErrnoException): FastpathError {
  if (cause.code === 'ENOENT') return new FastpathError('file.missing', `there is no file ${file}`, { cause });
  return new FastpathError('file.unreadable', `cannot read ${file}: ${cause.code ?? cause.message}`, { cause });
}
