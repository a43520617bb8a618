/** @file What the rest of the worker knows of images: labelled, encoded, each named by a number. */

/** What is known without a look at any image; plain data. */
export interface DataSetFacts {
  /** where it was opened, for messages */
  readonly uri: string;
  readonly kind: 'folder' | 'shards';
  /** class names by class index */
  readonly classes: readonly string[];
  /** class index by sample number */
  readonly labels: Uint16Array;
  /** sample numbers of the training images, ascending */
  readonly train: Uint32Array;
  /** sample numbers of the held-out images, ascending; may be empty */
  readonly val: Uint32Array;
  /** SHA-256 over names, sizes, classes and splits, as hex: equal where the same samples have the same numbers */
  readonly fingerprint: string;
}

export interface DataSet extends DataSetFacts {
  /** encoded size in bytes by sample number */
  readonly sizes: Uint32Array;
  /** The sample's name as a person would look for it: key, or shard and member. */
  nameOf(sample: number): string;
  /** The encoded image. */
  read(sample: number): Promise<Uint8Array>;
}

/** Endings of the image files that are looked at, in any case; what a file really holds is decided by its first bytes. */
export const imageEnding = /\.(jpe?g|png|webp)$/i;

/** Class indices are kept in 16 bits. */
export const maxClasses = 65_536;
