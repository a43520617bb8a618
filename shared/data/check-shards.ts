/** @file Checks packed shards against their index: every byte of them, and some or all of their images. */
import { createHash } from 'node:crypto';
import type { DataIndex, ShardEntry, ShardList } from '../contract/data-index.ts';
import { FastpathError } from '../errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { checksumOf } from './checksum.ts';
import {
  checkPackedWhole,
  classesKey,
  differences,
  namesOtherClasses,
  readDataIndex,
  readShardList,
} from './data-index.ts';
import { checkDecodable, UndecodableImage } from './decode.ts';
import { inOrder } from './in-order.ts';
import { checkThere } from './open-data.ts';
import { shardMembers } from './shard-members.ts';
import { allShards } from './shards.ts';

/** Images that are decoded where not all are, spread evenly over the set. */
const sampledImages = 100;
const imagesAtOnce = 16;

export interface CheckOptions {
  /** decode all images */
  everyImage: boolean;
  /** where it aborts, checking ends with its reason */
  signal?: AbortSignal;
  /** one line for each thing that is wrong */
  onFault: (fault: string) => void;
  onProgress?: (progress: CheckProgress) => void;
}

export interface CheckProgress {
  bytes: number;
  ofBytes: number;
  bytesBefore: 0;
  shards: number;
  ofShards: number;
}

export interface CheckReport {
  shards: number;
  images: number;
  bytes: number;
  imagesDecoded: number;
  faults: number;
}

/**
 * Reads all shards once. What is wrong with the data goes to `onFault`, and checking goes on.
 * @throws FastpathError `data.missing`, `data.empty`, `data.unfinished`, `data.no-index`, `data.index`, and where the store does not answer
 */
export async function checkShards(store: ObjectStore, options: CheckOptions): Promise<CheckReport> {
  await checkThere(store);
  await checkPackedWhole(store);
  const index = await readDataIndex(store);
  if (index === null) {
    throw new FastpathError(
      'data.no-index',
      `${store.uri} has no index.json to check its shards against: pack the images with \`fastpath dataset pack\`.`,
    );
  }
  return new Check(store, index, options).run();
}

class Check {
  private readonly report: CheckReport;
  private readonly progress: CheckProgress;
  private readonly ofImages: number;
  private imagesMet = 0;

  constructor(
    private readonly store: ObjectStore,
    private readonly index: DataIndex,
    private readonly options: CheckOptions,
  ) {
    const bytes = index.shards.reduce((sum, shard) => sum + shard.bytes, 0);
    this.ofImages = index.shards.reduce((sum, { samples }) => sum + samples, 0);
    this.report = { shards: index.shards.length, images: this.ofImages, bytes, imagesDecoded: 0, faults: 0 };
    this.progress = { bytes: 0, ofBytes: bytes, bytesBefore: 0, shards: 0, ofShards: index.shards.length };
  }

  async run(): Promise<CheckReport> {
    const { store, index } = this;
    const listed = await allShards(store);
    for (const line of differences(index, listed)) this.fault(line);
    if (await namesOtherClasses(store, index)) this.fault(`${classesKey} names other classes than the index`);
    const counts = index.classes.map(() => ({ train: 0, val: 0 }));
    const sizes = new Map(listed.map(({ key, size }) => [key, size]));
    let allLists = true;
    for (const shard of index.shards) {
      const list = await this.noting(() => readShardList(store, index, shard));
      const split = shard.key.startsWith('train-') ? 'train' : 'val';
      allLists &&= list !== null;
      for (const label of list?.labels ?? []) counts[label]![split]++;
      // One of another size was named already, and is not this shard.
      if (list !== null && sizes.get(shard.key) === shard.bytes) await this.checkShard(shard, list);
      this.progress.shards++;
    }
    if (allLists) this.checkCounts(counts);
    return this.report;
  }

  private checkCounts(counts: readonly { train: number; val: number }[]): void {
    const wrong = this.index.classes.flatMap(({ name, ...indexed }, label) =>
      (['train', 'val'] as const)
        .filter((split) => counts[label]![split] !== indexed[split])
        .map((split) => `${counts[label]![split]} ${split} images of class ${name}, and the index ${indexed[split]}`),
    );
    // The others follow from the first as a rule.
    if (wrong.length > 0) this.fault(`the lists of the shards have ${wrong[0]}`);
  }

  private async checkShard(shard: ShardEntry, list: ShardList): Promise<void> {
    const first = this.imagesMet;
    this.imagesMet += shard.samples;
    const sha256 = await this.noting(() => this.readThrough(shard, list));
    const isDamaged = sha256 !== shard.sha256;
    // In a damaged shard, all images are looked at for those that changed.
    const wanted = [...list.names.keys()].filter(
      (i) => isDamaged || this.options.everyImage || this.isSampled(first + i),
    );
    const changed: string[] = [];
    for await (const { name, bytes, checksum } of inOrder(wanted, imagesAtOnce, (i) => this.image(shard, list, i))) {
      if (checksumOf(bytes) !== checksum) changed.push(name);
      else await this.decode(`${shard.key}/${name}`, bytes);
    }
    if (isDamaged || changed.length > 0) {
      const images = `${changed.length} of its ${shard.samples} images${changed.length > 0 ? `, first ${changed[0]}` : ''}`;
      this.fault(`${shard.key} has another checksum than in the index: it changed since it was packed, in ${images}`);
    }
  }

  /** The SHA-256 of the shard, whose members have to be those of the list (`data.shard`, `data.label`). */
  private async readThrough({ key }: ShardEntry, list: ShardList): Promise<string> {
    const hash = createHash('sha256');
    const { store, progress, options } = this;
    async function* hashed(): AsyncIterable<Uint8Array> {
      for await (const chunk of store.getStream(key)) {
        options.signal?.throwIfAborted();
        hash.update(chunk);
        progress.bytes += chunk.length;
        options.onProgress?.({ ...progress });
        yield chunk;
      }
    }
    let i = 0;
    for await (const { name, offset, size, label } of shardMembers({ uri: store.uri, getStream: hashed }, key, null)) {
      const same = name === list.names[i] && offset === list.offsets[i] && size === list.sizes[i];
      if (!same || label !== list.labels[i]) {
        throw new FastpathError('data.shard', `${key} has ${name} where its list has ${list.names[i] ?? 'nothing'}`);
      }
      i++;
    }
    if (i < list.names.length)
      throw new FastpathError('data.shard', `${key} has no ${list.names[i]}, as its list says`);
    return hash.digest('hex');
  }

  private async image({ key }: ShardEntry, { names, offsets, sizes, checksums }: ShardList, i: number) {
    this.options.signal?.throwIfAborted();
    const bytes = await this.store.getRange(key, offsets[i]!, sizes[i]!);
    return { name: names[i]!, bytes, checksum: checksums[i]! };
  }

  private async decode(name: string, bytes: Uint8Array): Promise<void> {
    this.report.imagesDecoded++;
    try {
      await checkDecodable(bytes);
    } catch (error) {
      if (!(error instanceof UndecodableImage)) throw error;
      this.fault(`${name} cannot be decoded: ${error.message}`);
    }
  }

  private isSampled(image: number): boolean {
    const until = (images: number) => Math.floor((images * sampledImages) / this.ofImages);
    return until(image + 1) > until(image);
  }

  /** What `work` gives; where the data is wrong that is a fault, and null. */
  private async noting<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof FastpathError) || !error.code.startsWith('data.')) throw error;
      this.fault(error.message);
      return null;
    }
  }

  private fault(line: string): void {
    this.report.faults++;
    this.options.onFault(line);
  }
}
