/**
 * @file Seeded random numbers whose state is four plain integers, so that a checkpoint can hold it.
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand, public domain); period about 2^128 on average.
 */

export type RandomState = readonly [number, number, number, number];

/** Hashes a string to 32 bits (FNV-1a with a final avalanche), to derive a stream's seed from its name. */
function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A stream of random numbers; equal states give equal streams on every platform. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  private constructor(state: RandomState) {
    [this.a, this.b, this.c, this.d] = state;
  }

  /** A stream of its own for each (seed, name): streams with different names are independent. */
  static named(seed: number, name: string): Random {
    const random = new Random([seed >>> 0, hash32(name), hash32(`${seed}/${name}`), 1]);
    for (let i = 0; i < 15; i++) random.uint32();
    return random;
  }

  static fromState(state: RandomState): Random {
    return new Random(state);
  }

  get state(): RandomState {
    return [this.a, this.b, this.c, this.d];
  }

  /** Uniform integer in [0, 2^32). */
  uint32(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return t >>> 0;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Standard normal (Box–Muller; draws two uniforms each time so that the state stays small). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Index drawn with the given probabilities, which sum to 1. */
  categorical(probabilities: ArrayLike<number>): number {
    let rest = this.uniform();
    for (let i = 0; i < probabilities.length - 1; i++) {
      rest -= probabilities[i]!;
      if (rest < 0) return i;
    }
    return probabilities.length - 1;
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends { length: number; [i: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
    return items;
  }
}
