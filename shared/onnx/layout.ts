/**
 * @file Which maps have their channels in blocks, as wide as a vector register, and where they are put into blocks and
 * back: the rules of ONNX Runtime's NCHWc transformation
 * (https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/optimizer/nchwc_transformer.cc).
 */
import type { ConvOperator, MapOperator, Operator, PoolOperator, Size } from '../latency/operators/operator.ts';

/** Moving channels into blocks takes a multiple of this. */
const alignment = 4;

/** Of each kind by itself. */
type WithoutLayout<T> = T extends unknown ? Omit<T, 'blocked'> : never;

export class Layout {
  readonly operators: Operator[] = [];
  /** numbers in each tensor whose channels are in blocks */
  private readonly blocked = new Map<string, number>();
  /** tensors that were put into blocks, or out of them, for someone before */
  private readonly copied = { block: new Set<string>(), unblock: new Set<string>() };
  /** convolutions whose output has no activation yet, by the output */
  private readonly bare = new Map<string, ConvOperator>();

  /** @param block channels in a block; 0: no map is in blocks */
  constructor(private readonly block: number) {}

  isBlocked(tensor: string): boolean {
    return this.blocked.has(tensor);
  }

  /** Has the tensor as it lies in the model. */
  plain(tensor: string): void {
    const numbers = this.blocked.get(tensor);
    if (numbers !== undefined) this.copy(tensor, 'unblock', numbers);
  }

  conv(input: string, output: string, operator: WithoutLayout<ConvOperator>): void {
    const blocked = this.suits(operator);
    const direct = operator.groups === 1 && operator.in < this.block;
    if (!blocked || direct) this.plain(input);
    else if (!this.isBlocked(input)) this.copy(input, 'block', operator.in * area(operator.inputSize));
    const own = { ...operator, blocked };
    this.operators.push(own);
    if (!blocked) return;
    this.blocked.set(output, operator.out * area(operator.outputSize));
    if (operator.activation === null) this.bare.set(output, own);
  }

  /**
   * Adds two maps in the pass of a convolution that makes one of them; false where none can.
   * @param own those of the two that nobody else uses
   */
  sum(inputs: readonly string[], own: readonly string[], output: string): boolean {
    if (!inputs.every((input) => this.isBlocked(input))) return false;
    for (const tensor of own) {
      const maker = this.bare.get(tensor);
      if (maker === undefined || maker.adds) continue;
      maker.adds = true;
      this.bare.set(output, maker);
      this.blocked.set(output, this.blocked.get(tensor)!);
      return true;
    }
    return false;
  }

  /** Of the convolution that `sum` found. */
  activate(output: string, activation: string | null): void {
    this.bare.get(output)!.activation = activation;
    if (activation !== null) this.bare.delete(output);
  }

  /** Batch norm of a map in blocks: a convolution of 1 × 1 for each channel. */
  scale(input: string, output: string, channels: number, size: Size, activation: string | null): void {
    const one: Size = [1, 1];
    const shape = { groups: channels, in: channels, out: channels, inputSize: size, outputSize: size };
    this.conv(input, output, { kind: 'conv', kernel: one, stride: one, ...shape, activation, adds: false });
  }

  /** Keeps blocks where channels fill them. */
  pool(input: string, output: string, channels: number, operator: WithoutLayout<PoolOperator | MapOperator>): void {
    this.keep([input], [channels], output, operator);
  }

  join(inputs: readonly string[], channels: readonly number[], output: string, operator: WithoutLayout<MapOperator>) {
    this.keep(inputs, channels, output, operator);
  }

  /** Number by number: keeps blocks where all inputs are in them. */
  each(inputs: readonly string[], output: string, operator: WithoutLayout<MapOperator>): void {
    this.keep(inputs, [], output, operator);
  }

  /** What knows no blocks. */
  emit(inputs: readonly string[], operator: Operator): void {
    for (const input of inputs) this.plain(input);
    this.operators.push(operator);
  }

  private keep(
    inputs: readonly string[],
    channels: readonly number[],
    output: string,
    operator: WithoutLayout<PoolOperator | MapOperator>,
  ): void {
    const filled = channels.every((count) => count % this.block === 0);
    const blocked = filled && inputs.length > 0 && inputs.every((input) => this.isBlocked(input));
    if (!blocked) for (const input of inputs) this.plain(input);
    this.operators.push({ ...operator, blocked } as PoolOperator | MapOperator);
    if (blocked) this.blocked.set(output, writes(operator));
  }

  private copy(tensor: string, kind: 'block' | 'unblock', numbers: number): void {
    if (this.copied[kind].has(tensor)) return;
    this.copied[kind].add(tensor);
    this.operators.push({ kind, reads: numbers, writes: numbers, blocked: false });
  }

  /** Whether a convolution runs in blocks. */
  private suits({ groups, in: input, out }: WithoutLayout<ConvOperator>): boolean {
    const { block } = this;
    if (block === 0) return false;
    if (groups === 1) return input < block || input % alignment === 0;
    if (input === groups && out === groups) return out % alignment === 0;
    return out % alignment === 0 && (input / groups) % block === 0 && (out / groups) % block === 0;
  }
}

function area([height, width]: Size): number {
  return height * width;
}

function writes(operator: WithoutLayout<PoolOperator | MapOperator>): number {
  return 'writes' in operator ? operator.writes : operator.channels * area(operator.outputSize);
}
