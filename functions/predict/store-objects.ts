import type { ObjectStore } from '../../shared/store/object-store.ts';
import type { ModelObjects } from './stored-models.ts';

/** An object store as the prediction service reads it. */
export function storeObjects(store: ObjectStore): ModelObjects {
  return {
    read: async (key) => (await store.get(key))?.bytes ?? null,
    async *list(folder) {
      for await (const { key } of store.list(folder)) yield key;
    },
  };
}
