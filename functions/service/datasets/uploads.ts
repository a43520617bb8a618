/** @file Files that are announced, uploaded by their owner, and then found to be there. */
import type { CreateDataSet } from '../../../shared/contract/api/data-sets.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { filesFolder, manifestKey } from './places.ts';

export type AnnouncedFile = Extract<CreateDataSet['source'], { type: 'upload' }>['files'][number];

export interface UploadLink {
  name: string;
  url: string;
  expiresAt: string;
}

/** Time to upload everything: a slow line takes half a day for a shard of 5 GB. */
const linkSeconds = 12 * 3600;

export async function announceFiles(
  store: ObjectStore,
  tenantId: string,
  id: string,
  files: readonly AnnouncedFile[],
): Promise<void> {
  await store.put(manifestKey(tenantId, id), Buffer.from(JSON.stringify(files)));
}

export function uploadLinks(
  store: ObjectStore,
  tenantId: string,
  id: string,
  files: readonly AnnouncedFile[],
): Promise<UploadLink[]> {
  return Promise.all(
    files.map(async ({ name, bytes }) => {
      const request = { method: 'PUT', expiresInSeconds: linkSeconds, sizeBytes: bytes } as const;
      const { url, expiresAt } = await store.link(filesFolder(tenantId, id) + name, request);
      return { name, url, expiresAt: expiresAt.toISOString() };
    }),
  );
}

/** What was announced and is not there in its size. */
export async function missingFiles(store: ObjectStore, tenantId: string, id: string): Promise<AnnouncedFile[]> {
  const manifest = await store.get(manifestKey(tenantId, id));
  const announced = JSON.parse(Buffer.from(manifest!.bytes).toString()) as AnnouncedFile[];
  const folder = filesFolder(tenantId, id);
  const there = new Map<string, number>();
  for await (const { key, size } of store.list(folder)) there.set(key.slice(folder.length), size);
  return announced.filter(({ name, bytes }) => there.get(name) !== bytes);
}

/** Throws `data-set.incomplete` unless every announced file is there in its size. */
export async function checkUploaded(store: ObjectStore, tenantId: string, id: string): Promise<void> {
  const absent = await missingFiles(store, tenantId, id);
  if (absent.length === 0) return;
  const { name, bytes } = absent[0]!;
  const others = absent.length === 1 ? '' : ` and ${absent.length - 1} more`;
  throw new FastpathError(
    'data-set.incomplete',
    `${name} (${bytes} bytes)${others} has not been uploaded: PUT it to its address, then complete again`,
  );
}
