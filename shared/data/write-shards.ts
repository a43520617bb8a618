/** @file Writes webdataset shards into an object store as their samples come: no shard is ever whole in memory. */
import { createHash } from 'node:crypto';
import { pack } from 'tar-stream';
import type { ShardList } from '../contract/data-index.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { checksumOf } from './checksum.ts';

export interface ShardSample {
  /** letters, digits, `-` and `_`, at most 80; one of its kind in the shard */
  key: string;
  /** of the image, e.g. `png` */
  ending: string;
  image: Uint8Array;
  /** class index */
  label: number;
}

/** What a shard holds, and where. */
export type WrittenShard = Pick<ShardList, 'bytes' | 'sha256' | 'names' | 'offsets' | 'sizes' | 'labels' | 'checksums'>;

/** Tar files are made of these; a member is a header of one, and its content filled up to whole ones. */
const blockBytes = 512;

/** How many bytes of a shard a sample takes, class index included. */
export function bytesInShard(imageBytes: number): number {
  return 3 * blockBytes + blockBytes * Math.ceil(imageBytes / blockBytes);
}

/** What a shard has besides its samples. */
export const shardEndBytes = 2 * blockBytes;

/** Writes one plain .tar shard; members carry no dates or owners, so equal samples give equal bytes. */
export async function writeShard(
  store: ObjectStore,
  key: string,
  samples: Iterable<ShardSample> | AsyncIterable<ShardSample>,
): Promise<WrittenShard> {
  const shard = { names: [], offsets: [], sizes: [], labels: [], checksums: [] } as Omit<
    WrittenShard,
    'bytes' | 'sha256'
  >;
  const hash = createHash('sha256');
  let bytes = 0;
  async function* content(): AsyncIterable<Uint8Array> {
    for await (const chunk of tarOf(samples, shard)) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  await store.put(key, content());
  return { bytes, sha256: hash.digest('hex'), ...shard };
}

async function* tarOf(
  samples: Iterable<ShardSample> | AsyncIterable<ShardSample>,
  written: Omit<WrittenShard, 'bytes' | 'sha256'>,
): AsyncIterable<Uint8Array> {
  const tar = pack();
  const add = (name: string, content: Uint8Array | string) =>
    new Promise<void>((done, failed) => {
      tar.entry({ name, mtime: new Date(0) }, Buffer.from(content), (error) => (error ? failed(error) : done()));
    });
  const fill = async () => {
    let at = 0;
    for await (const { key, ending, image, label } of samples) {
      // Another name could need a longer header, and webdataset would read it otherwise.
      if (!/^[\w-]{1,80}$/.test(key)) throw new RangeError(`${key} cannot be the key of a sample`);
      const name = `${key}.${ending}`;
      written.names.push(name);
      written.offsets.push(at + blockBytes);
      written.sizes.push(image.length);
      written.labels.push(label);
      written.checksums.push(checksumOf(image));
      at += bytesInShard(image.length);
      await add(name, image);
      await add(`${key}.cls`, String(label));
    }
    tar.finalize();
  };
  const filled = fill();
  filled.catch((error: Error) => tar.destroy(error));
  yield* tar as AsyncIterable<Uint8Array>;
  await filled;
}
