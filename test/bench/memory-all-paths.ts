/**
 * @file The network that one-path training avoids: all candidates of every choice block run on every image, their
 * outputs are summed with gates, and all activations stay for the backward pass (Liu, Simonyan, Yang, "DARTS", 2018).
 * Layer by layer it keeps exactly what the project's own weight step keeps, no more.
 */
import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { sampleMemory } from '../../batch/backend/memory.ts';
import * as ops from '../../batch/backend/ops.ts';
import { type Block, ConvNet } from '../../batch/network/conv-net.ts';
import type { ConvNorm, LayerOutput, Trace } from '../../batch/network/conv-norm.ts';
import type { MbConv } from '../../batch/network/mbconv.ts';
import type { Pass } from '../../batch/network/pass.ts';
import type { Supernet } from '../../batch/supernet/supernet.ts';

/** y = Σ gate_k · candidate_k(x); a candidate's output counts the block's shortcut in, `zero` is x itself. */
export class MixedBlock implements Block {
  readonly layers: readonly ConvNorm[];
  /** equal at first */
  readonly gates: number[];
  /** ∂L/∂gate_k of the last backward pass: what a candidate's output is kept for */
  gateGradients: number[] = [];

  constructor(private readonly candidates: readonly (MbConv | null)[]) {
    this.layers = candidates.flatMap((candidate) => candidate?.layers ?? []);
    this.gates = candidates.map(() => 1 / candidates.length);
  }

  forward(x: Tensor, pass: Pass): LayerOutput {
    const outputs: Tensor[] = [];
    const traces: (Trace | null)[] = [];
    let sum: Tensor | null = null;
    for (const [k, candidate] of this.candidates.entries()) {
      const { y, trace } = candidate?.forward(x, pass) ?? { y: x, trace: null };
      outputs.push(y);
      traces.push(trace);
      sum = added(sum, scaled(y, this.gates[k]!));
    }
    return { y: sum!, trace: { backward: (dy, sink) => this.backward(x, dy, outputs, traces, sink) } };
  }

  private backward(
    x: Tensor,
    dy: Tensor,
    outputs: Tensor[],
    traces: (Trace | null)[],
    sink: Parameters<Trace['backward']>[1],
  ): Tensor {
    this.gateGradients = outputs.map((output) => ops.takeNumber(ops.innerProduct(output, dy)));
    for (const output of outputs) if (output !== x) output.dispose();
    let dx: Tensor | null = null;
    for (const [k, trace] of traces.entries()) {
      const dCandidate = scaled(dy, this.gates[k]!);
      dx = added(dx, trace ? trace.backward(dCandidate, sink, true)! : dCandidate);
      if (trace) dCandidate.dispose();
    }
    return dx!;
  }
}

function scaled(tensor: Tensor, factor: number): Tensor {
  const product = mul(tensor, factor);
  sampleMemory();
  return product;
}

/** a + b, both freed. */
function added(a: Tensor | null, b: Tensor): Tensor {
  if (!a) return b;
  const sum = ops.add(a, b);
  a.dispose();
  b.dispose();
  return sum;
}

/** All candidates of `supernet` at once, with its weights. */
export function allPathsNetwork(supernet: Supernet): { network: ConvNet; blocks: MixedBlock[] } {
  const { stem, first, head, classifier } = supernet.network(supernet.plan.blocks.map(() => 0));
  const blocks = supernet.candidates.map((candidates) => new MixedBlock(candidates));
  return { network: new ConvNet(stem, first, blocks, head, classifier), blocks };
}
