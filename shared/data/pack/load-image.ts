/** @file One image of the source on its way into a shard. */
import { FastpathError } from '../../errors.ts';
import type { DataSet } from '../data-set.ts';
import { checkDecodable, UndecodableImage } from '../decode.ts';

export interface LoadedImage {
  sample: number;
  bytes: Uint8Array;
  /** why it cannot be decoded; null where it can */
  problem: string | null;
}

/** @throws FastpathError `data.changed`, `data.unreadable`, and what the store throws */
export async function loadImage(source: DataSet, sample: number): Promise<LoadedImage> {
  const bytes = await source.read(sample).catch((cause: NodeJS.ErrnoException) => {
    if (cause instanceof FastpathError) throw cause;
    throw new FastpathError(
      'data.unreadable',
      `${source.nameOf(sample)} in ${source.uri} cannot be read (${cause.code ?? cause.message}): ` +
        'see to it, or take it away, and run the same command again.',
      { cause },
    );
  });
  if (bytes.length !== source.sizes[sample]) {
    throw new FastpathError(
      'data.changed',
      `${source.nameOf(sample)} in ${source.uri} changed while it was packed: empty the target and pack again.`,
    );
  }
  try {
    await checkDecodable(bytes);
    return { sample, bytes, problem: null };
  } catch (error) {
    if (!(error instanceof UndecodableImage)) throw error;
    return { sample, bytes, problem: error.message };
  }
}

/** `train/cat/1.JPEG` → `jpg` */
export function endingOf(name: string): string {
  return name
    .slice(name.lastIndexOf('.') + 1)
    .toLowerCase()
    .replace('jpeg', 'jpg');
}
