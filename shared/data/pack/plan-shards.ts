/**
 * @file Which sample goes into which shard. Samples are shuffled by class: the j-th of a class's n images, in an order
 * drawn for it, stands at (j + u) / n of the way, u drawn evenly from [0, 1). So each class is spread evenly over the
 * shards, and one that holds two images of a class on average holds one at least.
 */
import { Random } from '../../random.ts';
import type { DataSet } from '../data-set.ts';
import { bytesInShard, shardEndBytes } from '../write-shards.ts';

export interface PlannedShard {
  key: string;
  split: 'train' | 'val';
  /** sample numbers in the order of the shard's members */
  samples: Uint32Array;
  /** encoded images together */
  imageBytes: number;
}

export interface PlanOptions {
  /** same seed, same shards */
  seed: number;
  /** most that a shard takes, unless a single image takes more */
  shardBytes: number;
}

/** Every sample of `source` once, training images first. */
export function planShards(source: Pick<DataSet, 'labels' | 'sizes' | 'train' | 'val'>, options: PlanOptions) {
  return [...planSplit(source, 'train', options), ...planSplit(source, 'val', options)];
}

function planSplit(
  source: Pick<DataSet, 'labels' | 'sizes' | 'train' | 'val'>,
  split: 'train' | 'val',
  { seed, shardBytes }: PlanOptions,
): PlannedShard[] {
  const order = mixed(source[split], source.labels, Random.named(seed, `pack/${split}`));
  const shards: PlannedShard[] = [];
  for (let first = 0; first < order.length; ) {
    let [end, imageBytes, bytes] = [first, 0, shardEndBytes];
    while (end < order.length) {
      const size = source.sizes[order[end]!]!;
      bytes += bytesInShard(size);
      if (bytes > shardBytes && end > first) break;
      imageBytes += size;
      end++;
    }
    const key = `${split}-${String(shards.length).padStart(6, '0')}.tar`;
    shards.push({ key, split, samples: order.subarray(first, end), imageBytes });
    first = end;
  }
  return shards;
}

function mixed(samples: Uint32Array, labels: Uint16Array, random: Random): Uint32Array {
  const shuffled = random.shuffle(samples.slice());
  const inClass = new Map<number, number>();
  for (const sample of shuffled) inClass.set(labels[sample]!, (inClass.get(labels[sample]!) ?? 0) + 1);
  const met = new Map<number, number>();
  const places = new Float64Array(shuffled.length);
  shuffled.forEach((sample, i) => {
    const label = labels[sample]!;
    const before = met.get(label) ?? 0;
    met.set(label, before + 1);
    places[i] = (before + random.uniform()) / inClass.get(label)!;
  });
  const order = Uint32Array.from(shuffled.keys()).sort((a, b) => places[a]! - places[b]! || a - b);
  return order.map((i) => shuffled[i]!);
}
