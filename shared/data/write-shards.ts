/** @file Writes webdataset shards into an object store, one shard in memory at a time. */
import { pack } from 'tar-stream';
import type { ObjectStore } from '../store/object-store.ts';

export interface ShardSample {
  /** name without dots or ending, one of its kind in the shard */
  key: string;
  /** of the image, e.g. `png` */
  ending: string;
  image: Uint8Array;
  /** class index */
  label: number;
}

/** Writes one plain .tar shard; members carry no dates or owners, so equal samples give equal bytes. */
export async function writeShard(store: ObjectStore, key: string, samples: Iterable<ShardSample>): Promise<void> {
  const tar = pack();
  const chunks: Uint8Array[] = [];
  const collected = (async () => {
    for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  })();
  for (const { key: name, ending, image, label } of samples) {
    tar.entry({ name: `${name}.${ending}`, mtime: new Date(0) }, Buffer.from(image));
    tar.entry({ name: `${name}.cls`, mtime: new Date(0) }, String(label));
  }
  tar.finalize();
  await collected;
  await store.put(key, Buffer.concat(chunks));
}
