/** @file Typed arrays that grow as they are filled, for indices whose length is known only at their end. */

type NumberArray = Uint16Array | Uint32Array | Float64Array;

/** Numbers in one typed array that doubles when it is full. */
export class GrowingNumbers<A extends NumberArray> {
  private values: A;
  length = 0;

  constructor(private readonly type: new (length: number) => A) {
    this.values = new type(1024);
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new this.type(2 * this.values.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  at(index: number): number {
    return this.values[index]!;
  }

  /** A copy of exactly the values pushed so far. */
  array(): A {
    return this.values.slice(0, this.length) as A;
  }
}

/** UTF-8 text, end to end in one buffer that doubles when it is full. */
export class GrowingBytes {
  private bytes = Buffer.alloc(16_384);
  length = 0;

  push(text: string): void {
    const size = Buffer.byteLength(text);
    while (this.length + size > this.bytes.length) this.bytes = Buffer.concat([this.bytes, this.bytes]);
    this.length += this.bytes.write(text, this.length);
  }

  text(start: number, end: number): string {
    return this.bytes.toString('utf8', start, end);
  }
}
