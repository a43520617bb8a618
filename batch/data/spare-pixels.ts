/**
 * @file Memory of pixels that are done with, for the next ones. Whatever is allocated for each image makes V8 collect
 * its heap every few dozen of them, which takes as long as decoding does.
 */

/** What a few batches hold at most; what is given beyond is left to the garbage collector. */
const mostKept = 1024;

export class SparePixels {
  private readonly spare: Uint8Array[] = [];
  private readonly mine = new WeakSet<Uint8Array>();

  /** @param length of each in bytes */
  constructor(private readonly length: number) {}

  /** Bytes to be written over. */
  take(): Uint8Array {
    const bytes = this.spare.pop() ?? Buffer.allocUnsafeSlow(this.length);
    this.mine.add(bytes);
    return bytes;
  }

  /** Takes back what was taken here, once, and never to be looked at again; whatever else is given stays as it is. */
  give(bytes: Uint8Array): void {
    if (this.mine.delete(bytes) && this.spare.length < mostKept) this.spare.push(bytes);
  }
}
