/** @file What a disk says, as a line for a person. */
import { FastpathError } from '../../../shared/errors.ts';

/** An error of the file system as `dataset.disk`; any other as it is. @param uri of the data set that was worked on */
export function diskFault(error: unknown, uri: string): unknown {
  const { message, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof FastpathError || syscall === undefined) return error;
  const line = `The disk refuses ${uri} (${message}): see to it, then run the same command again.`;
  return new FastpathError('dataset.disk', line, { cause: error });
}
