/** @file Reads protobuf messages field by field; nested messages are views of the same bytes, and nothing is copied. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** One field of a message, asked for its value in the kind that the message's definition says. */
export class Field {
  constructor(
    readonly number: number,
    readonly wireType: WireType,
    private readonly reader: BinaryReader,
  ) {}

  /** A nested message, or bytes. */
  bytes(): Uint8Array {
    this.expect(WireType.LengthDelimited);
    return this.reader.bytes();
  }

  text(): string {
    this.expect(WireType.LengthDelimited);
    return this.reader.string();
  }

  /** Beyond 2^53 only the magnitude is right. */
  int(): number {
    this.expect(WireType.Varint);
    return Number(this.reader.int64());
  }

  float(): number {
    this.expect(WireType.Bit32);
    return this.reader.float();
  }

  /** Adds a repeated number, packed or one of several fields, to `values`; no more than `most` of them. */
  ints(values: number[], most: number): void {
    if (this.wireType === WireType.Varint) {
      if (values.length < most) values.push(this.int());
      else this.skip();
      return;
    }
    const packed = new BinaryReader(this.bytes());
    while (packed.pos < packed.len && values.length < most) values.push(Number(packed.int64()));
  }

  floats(values: number[], most: number): void {
    if (this.wireType === WireType.Bit32) {
      if (values.length < most) values.push(this.float());
      else this.skip();
      return;
    }
    const packed = new BinaryReader(this.bytes());
    while (packed.pos < packed.len && values.length < most) values.push(packed.float());
  }

  /** The field's bytes behind its tag. */
  skip(): Uint8Array {
    return this.reader.skip(this.wireType, this.number);
  }

  private expect(wireType: WireType): void {
    if (this.wireType !== wireType) throw new Error(`field ${this.number} has wire type ${this.wireType}`);
  }
}

/** Calls `visit` for every field; what it does not read is passed over. @throws Error where the bytes are no message */
export function readFields(message: Uint8Array, visit: (field: Field) => void): void {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const start = reader.pos;
    const field = new Field(number, wireType, reader);
    visit(field);
    if (reader.pos === start) field.skip();
    if (reader.pos > reader.len) throw new Error('it ends early');
  }
}
