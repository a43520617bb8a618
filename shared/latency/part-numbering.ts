/**
 * @file Numbers for parts, so that a prediction adds up array entries instead of looking strings up. Equal parts have
 * equal numbers, counted from 0 in the order they came.
 *
 * Open addressing over five numbers a part, compared exactly: about 20 ns a look-up, where a signature takes 200 ns to
 * write alone.
 */
import type { Architecture } from '../contract/architecture.ts';
import type { Part } from './part.ts';

/** [shape, expansion, in, out, inputSize]; what a kind of part lacks is 0 */
const fieldCount = 5;
const kinds = ['stem', 'mbconv', 'head', 'classifier'] as const;
const [stemKind, mbconvKind, headKind, classifierKind] = [0, 1, 2, 3];
const stemKernel = 3;

/** Kind, kernel, stride and shortcut in one small integer. */
function shapeCode(kind: number, kernel: number, stride: number, shortcut: boolean): number {
  return (((kind << 3) | kernel) << 3) | (stride << 1) | (shortcut ? 1 : 0);
}

const expansionBits = new Float64Array(1);
const bits = new Uint32Array(expansionBits.buffer);

export class PartNumbering {
  /** how many different parts have a number */
  size = 0;
  private fields = new Float64Array(64 * fieldCount);
  /** number + 1, or 0 where free; at least twice as many as parts, a power of two */
  private slots = new Int32Array(128);

  private readonly multipliers = new Int32Array(6);

  /** @param seed of the hash: an unpredictable one where strangers choose the parts, so that none can be made to collide */
  constructor(seed = 0) {
    for (let i = 0, odd = seed | 1; i < this.multipliers.length; i++) {
      odd = Math.imul(odd ^ (odd >>> 15), 0x2c1b3c6d) ^ 0x9e3779b1;
      this.multipliers[i] = odd | 1;
    }
  }

  /** The number of a part; a new one where it had none. */
  add(part: Part): number {
    switch (part.kind) {
      case 'stem':
        return this.number(
          shapeCode(stemKind, stemKernel, part.stride, false),
          0,
          0,
          part.channels,
          part.inputSize,
          true,
        );
      case 'mbconv': {
        const { kernel, stride, shortcut, expansion } = part.block;
        const shape = shapeCode(mbconvKind, kernel, stride, shortcut);
        return this.number(shape, expansion, part.block.in, part.block.out, part.inputSize, true);
      }
      case 'head':
        return this.number(shapeCode(headKind, 0, 0, false), 0, part.in, part.channels, part.inputSize, true);
      case 'classifier':
        return this.number(shapeCode(classifierKind, 0, 0, false), 0, part.in, part.classes, 0, true);
    }
  }

  /**
   * Writes the numbers of an architecture's parts, in running order, to `numbers` from `at` on.
   * @param adding whether unknown parts get numbers; they are written as -1 otherwise
   * @param numbers with room for three more than the architecture has blocks
   * @returns where the next network's numbers begin
   */
  write(architecture: Architecture, adding: boolean, numbers: Int32Array, at: number): number {
    const { stem, blocks, head, resolution, classes } = architecture;
    let next = at;
    numbers[next++] = this.number(
      shapeCode(stemKind, stem.kernel, stem.stride, false),
      0,
      0,
      stem.channels,
      resolution,
      adding,
    );
    let inputSize = sideBehind(resolution, stem.stride);
    let width = stem.channels;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i]!;
      const shape = shapeCode(mbconvKind, block.kernel, block.stride, block.shortcut);
      numbers[next++] = this.number(shape, block.expansion, block.in, block.out, inputSize, adding);
      inputSize = sideBehind(inputSize, block.stride);
      width = block.out;
    }
    numbers[next++] = this.number(shapeCode(headKind, 0, 0, false), 0, width, head.channels, inputSize, adding);
    numbers[next++] = this.number(shapeCode(classifierKind, 0, 0, false), 0, head.channels, classes, 0, adding);
    return next;
  }

  /** This numbering's number for part `number` of `other`, or -1. */
  findIn(other: PartNumbering, number: number): number {
    const at = number * fieldCount;
    const { fields } = other;
    return this.number(fields[at]!, fields[at + 1]!, fields[at + 2]!, fields[at + 3]!, fields[at + 4]!, false);
  }

  part(number: number): Part {
    const at = number * fieldCount;
    const [shape, expansion, input, output, inputSize] = this.fields.subarray(at, at + fieldCount) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    const stride = ((shape >> 1) & 3) as 1 | 2;
    switch (kinds[shape >> 6]!) {
      case 'stem':
        return { kind: 'stem', stride, channels: output, inputSize };
      case 'mbconv': {
        const kernel = ((shape >> 3) & 7) as 3 | 5 | 7;
        const shortcut = (shape & 1) === 1;
        const block = { op: 'mbconv' as const, kernel, expansion, stride, in: input, out: output, shortcut };
        return { kind: 'mbconv', block, inputSize };
      }
      case 'head':
        return { kind: 'head', in: input, channels: output, inputSize };
      case 'classifier':
        return { kind: 'classifier', in: input, classes: output };
    }
  }

  private number(
    shape: number,
    expansion: number,
    input: number,
    output: number,
    inputSize: number,
    adding: boolean,
  ): number {
    const slot = this.slotOf(shape, expansion, input, output, inputSize);
    const held = this.slots[slot]!;
    if (held > 0 || !adding) return held - 1;
    const at = this.size * fieldCount;
    const { fields } = this;
    fields[at] = shape;
    fields[at + 1] = expansion;
    fields[at + 2] = input;
    fields[at + 3] = output;
    fields[at + 4] = inputSize;
    this.slots[slot] = ++this.size;
    if (2 * this.size === this.slots.length) this.grow();
    return this.size - 1;
  }

  /** Where that part stands, or the free slot where it belongs. */
  private slotOf(shape: number, expansion: number, input: number, output: number, inputSize: number): number {
    const { slots, fields, multipliers } = this;
    const mask = slots.length - 1;
    expansionBits[0] = expansion;
    // A sum of products by unpredictable odd numbers, its upper bits mixed into the lower ones.
    const sum =
      (Math.imul(shape, multipliers[0]!) +
        Math.imul(bits[0]!, multipliers[1]!) +
        Math.imul(bits[1]!, multipliers[2]!) +
        Math.imul(input | 0, multipliers[3]!) +
        Math.imul(output | 0, multipliers[4]!) +
        Math.imul(inputSize | 0, multipliers[5]!)) |
      0;
    const hash = sum ^ (sum >>> 16);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const held = slots[slot]!;
      if (held === 0) return slot;
      const at = (held - 1) * fieldCount;
      if (
        fields[at] === shape &&
        fields[at + 2] === input &&
        fields[at + 3] === output &&
        fields[at + 4] === inputSize &&
        fields[at + 1] === expansion
      ) {
        return slot;
      }
    }
  }

  private grow(): void {
    const fields = new Float64Array(2 * this.fields.length);
    fields.set(this.fields);
    this.fields = fields;
    this.slots = new Int32Array(2 * this.slots.length);
    for (let number = 0; number < this.size; number++) {
      const at = number * fieldCount;
      const slot = this.slotOf(fields[at]!, fields[at + 1]!, fields[at + 2]!, fields[at + 3]!, fields[at + 4]!);
      this.slots[slot] = number + 1;
    }
  }
}

/** `outputSize` of odd kernels, whose padding keeps the side: ⌈n / stride⌉. */
function sideBehind(inputSize: number, stride: 1 | 2): number {
  return stride === 1 ? inputSize : Math.ceil(inputSize / 2);
}
