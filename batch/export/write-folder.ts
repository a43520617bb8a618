/** @file Puts a finished export into its folder, whole: an earlier one stays until the new one is there. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FastpathError } from '../../shared/errors.ts';
import type { FinishedExport } from './export-network.ts';

/**
 * @returns the folder
 * @throws FastpathError `out.taken` where it holds something else, `out.unusable` where it cannot be written
 */
export async function writeExport(out: string, { folder, files }: FinishedExport): Promise<string> {
  const place = join(out, folder);
  const part = `${place}.part`;
  const held: string[] = await readdir(place).catch(() => []);
  if (held.length > 0 && !held.includes('export.json')) {
    throw new FastpathError('out.taken', `${place} holds something else than an export: choose another --out`);
  }
  try {
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    for (const { name, bytes } of files) await writeFile(join(part, name), bytes);
    await rm(place, { recursive: true, force: true });
    await rename(part, place);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new FastpathError('out.unusable', `cannot write ${place} (${reason}): choose another --out`, { cause });
  }
  return place;
}
