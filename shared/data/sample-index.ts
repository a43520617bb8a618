/**
 * @file The index of a data set in typed arrays: about 20 bytes a sample and its name, so that millions of samples fit
 * in memory while their images stay where they are.
 */
import { createHash } from 'node:crypto';
import { GrowingBytes, GrowingNumbers } from './growing.ts';

export interface SampleRecord {
  /** number of the folder or shard, from `source` */
  source: number;
  /** file name in it */
  name: string;
  /** bytes into the shard; 0 for a file of its own */
  offset: number;
  /** encoded size in bytes */
  size: number;
  /** class index */
  label: number;
}

export class SampleIndex {
  private readonly sources: string[] = [];
  private readonly source = new GrowingNumbers(Uint32Array);
  private readonly offsets = new GrowingNumbers(Float64Array);
  private readonly sizes = new GrowingNumbers(Uint32Array);
  private readonly labels = new GrowingNumbers(Uint16Array);
  private readonly names = new GrowingBytes();
  private readonly nameEnds = new GrowingNumbers(Float64Array);

  /** Registers a folder or shard by the text that stands before its samples' names. */
  addSource(prefix: string): number {
    return this.sources.push(prefix) - 1;
  }

  add(record: SampleRecord): void {
    this.source.push(record.source);
    this.offsets.push(record.offset);
    this.sizes.push(record.size);
    this.labels.push(record.label);
    this.names.push(record.name);
    this.nameEnds.push(this.names.length);
  }

  get length(): number {
    return this.sizes.length;
  }

  sourceOf(sample: number): number {
    return this.source.at(sample);
  }

  offsetOf(sample: number): number {
    return this.offsets.at(sample);
  }

  nameOf(sample: number): string {
    const start = sample === 0 ? 0 : this.nameEnds.at(sample - 1);
    return this.sources[this.sourceOf(sample)]! + this.names.text(start, this.nameEnds.at(sample));
  }

  /** Encoded sizes and class indices as plain arrays, with each label replaced by `relabel[label]` where given. */
  finish(relabel?: readonly number[]): { sizes: Uint32Array; labels: Uint16Array } {
    const labels = this.labels.array();
    if (relabel !== undefined) for (let i = 0; i < labels.length; i++) labels[i] = relabel[labels[i]!]!;
    return { sizes: this.sizes.array(), labels };
  }

  /** @param trainCount the first samples are training samples, the others held out */
  fingerprint(classes: readonly string[], trainCount: number): string {
    const hash = createHash('sha256');
    hash.update(JSON.stringify({ classes, trainCount }));
    let lines = '';
    for (let i = 0; i < this.length; i++) {
      lines += `${this.nameOf(i)}\0${this.sizes.at(i)}\0${this.labels.at(i)}\n`;
      if (lines.length > 65_536 || i === this.length - 1) {
        hash.update(lines);
        lines = '';
      }
    }
    return hash.digest('hex');
  }
}

/** The numbers from `start` up to, but not with, `end`. */
export function range(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, i) => start + i);
}
