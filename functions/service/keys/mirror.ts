/** @file The copy of each key that the prediction service reads, where no database is near. */
import type { KeyScope } from '../../../shared/db/schema/keys.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';

export interface MirroredKey {
  tenant: string;
  scopes: KeyScope[];
  revoked: boolean;
}

export function mirrorKey(sha256: string): string {
  return `keys/${sha256}.json`;
}

export async function writeMirror(store: ObjectStore, sha256: string, key: MirroredKey): Promise<void> {
  await store.put(mirrorKey(sha256), Buffer.from(JSON.stringify(key)));
}
