/** @file Reads a webdataset shard in order: neighbouring members of one key, `KEY.jpg|jpeg|png|webp` and `KEY.cls`, make a sample. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { FastpathError } from '../errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { imageEnding, maxClasses } from './data-set.ts';
import type { UnpackedImages } from './unpacked-images.ts';

export interface ShardMember {
  /** the image's name in the shard */
  name: string;
  /** bytes into the shard, or into the unpacked images where they are given */
  offset: number;
  size: number;
  label: number;
}

/** A member's data begins one block behind its header. */
const headerBytes = 512;

export function isPacked(shard: string): boolean {
  return shard.endsWith('.gz');
}

/** A class index is a few digits; a longer member is no class index and is not read. */
const maxLabelBytes = 64;

/** Splits `dir/key.part.ext` as webdataset does: at the first dot of the file name. */
function keyAndEnding(name: string): { key: string; ending: string } | null {
  const file = name.lastIndexOf('/') + 1;
  const dot = name.indexOf('.', file);
  if (dot <= file) return null;
  return { key: name.slice(0, dot), ending: name.slice(dot).toLowerCase() };
}

async function readWhole(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function parseLabel(text: string, where: string): number {
  const label = Number(text.trim());
  if (/^\s*\d+\s*$/.test(text) && label < maxClasses) return label;
  throw new FastpathError(
    'data.label',
    `${where} holds ${JSON.stringify(text.slice(0, 20))}, which is no class index from 0 to ${maxClasses - 1}: pack the shard again.`,
  );
}

/** The sample whose members are being met. */
interface OpenSample {
  key: string;
  image: Omit<ShardMember, 'label'> | null;
  label: number | null;
}

/**
 * Streams a shard's samples.
 * @param unpacked takes a copy of each image, for shards that allow no reading by ranges
 */
export async function* shardMembers(
  store: Pick<ObjectStore, 'uri' | 'getStream'>,
  shard: string,
  unpacked: UnpackedImages | null,
): AsyncIterable<ShardMember> {
  const tar = extract();
  const source = Readable.from(store.getStream(shard), { objectMode: false });
  const flow = isPacked(shard) ? pipeline(source, createGunzip(), tar) : pipeline(source, tar);
  flow.catch(() => undefined);
  let open = null as OpenSample | null;
  const close = (): ShardMember | null => {
    if (open === null || (open.image === null && open.label === null)) return null;
    if (open.image !== null && open.label !== null) return { ...open.image, label: open.label };
    const [has, lacks] = open.image === null ? ['a class index', 'image'] : ['an image', 'class index (.cls)'];
    throw new FastpathError(
      'data.label',
      `${open.key} in ${shard} has ${has} but no ${lacks} beside it: pack it again.`,
    );
  };
  try {
    for await (const entry of tar) {
      const { header } = entry;
      const name = keyAndEnding(header.name);
      if (header.type !== 'file' || name === null) {
        entry.resume();
        continue;
      }
      if (open?.key !== name.key) {
        const sample = close();
        open = { key: name.key, image: null, label: null };
        if (sample !== null) yield sample;
      }
      const { size } = header;
      if (name.ending === '.cls' && size <= maxLabelBytes) {
        open.label = parseLabel((await readWhole(entry)).toString('latin1'), `${header.name} in ${shard}`);
      } else if (imageEnding.test(name.ending) && name.ending.lastIndexOf('.') === 0) {
        open.image = { name: header.name, offset: unpacked?.length ?? entry.offset + headerBytes, size };
        if (unpacked === null) entry.resume();
        else for await (const chunk of entry) await unpacked.append(chunk as Uint8Array);
      } else {
        entry.resume();
      }
    }
    await flow;
    const sample = close();
    if (sample !== null) yield sample;
  } catch (error) {
    if (error instanceof FastpathError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FastpathError(
      'data.shard',
      `The shard ${shard} in ${store.uri} cannot be read (${reason}): fetch or pack it again.`,
      { cause: error },
    );
  }
}
