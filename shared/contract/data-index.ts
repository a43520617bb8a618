/**
 * @file The index that `fastpath dataset pack` writes beside its shards: `index.json` for the whole data set, and a list
 * of its samples for each shard, so that opening a data set reads no shard.
 */
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/** An image that was not packed because it cannot be decoded. */
const leftOutSchema = z.strictObject({
  /** as a person finds it in the source */
  name: z.string(),
  reason: z.string(),
});

/** `index.json`: is written last, so what has one is packed whole. */
export const dataIndexSchema = z.strictObject({
  format: z.literal('fastpath.data-index/1'),
  /** names which images were packed and how: the same from the same source, seed and shard size */
  packing: sha256,
  /** in order of their class indices, with how many images of each are packed */
  classes: z.array(z.strictObject({ name: z.string(), train: count, val: count })).min(1),
  shards: z.array(
    z.strictObject({
      key: z.string().regex(/^(train|val)-\d+\.tar$/),
      samples: count,
      bytes: count,
      sha256,
      /** of the shard's list of samples */
      listSha256: sha256,
    }),
  ),
  leftOut: z.array(leftOutSchema),
});

/** The samples of one shard, as parallel lists in the order of its members. */
export const shardListSchema = z
  .strictObject({
    format: z.literal('fastpath.shard-list/1'),
    packing: sha256,
    /** of the shard */
    bytes: count,
    sha256,
    /** of the images in the shard */
    names: z.array(z.string()),
    /** where each image starts, in bytes into the shard */
    offsets: z.array(count),
    sizes: z.array(count),
    labels: z.array(count),
    /** of each image: the first 32 bits of its SHA-256 as a number */
    checksums: z.array(count.max(0xffffffff)),
    /** images that the shard would hold if they could be decoded */
    leftOut: z.array(leftOutSchema),
  })
  .refine(
    ({ names, offsets, sizes, labels, checksums }) =>
      [offsets, sizes, labels, checksums].every(({ length }) => length === names.length),
    'its lists differ in length',
  )
  .refine(
    ({ bytes, offsets, sizes }) => offsets.every((offset, i) => offset + sizes[i]! <= bytes),
    'an image lies behind the end of its shard',
  );

/** `packing.json`: lies in a target from the first instant of packing until its index is written. */
export const packingSchema = z.strictObject({ format: z.literal('fastpath.packing/1'), packing: sha256 });

export type DataIndex = z.infer<typeof dataIndexSchema>;
export type ShardEntry = DataIndex['shards'][number];
export type ShardList = z.infer<typeof shardListSchema>;
export type LeftOut = z.infer<typeof leftOutSchema>;
