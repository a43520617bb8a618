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

/** y = Σ gate_k · candidate_k(x) with equal gates; a candidate's output counts the block's shortcut in, `zero` is x. */
class MixedBlock implements Block {
  readonly layers: readonly ConvNorm[];
  /** ∂L/∂gate_k of the last backward pass */
  gateGradients: number[] = [];

  constructor(private readonly candidates: readonly (MbConv | null)[]) {
    this.layers = candidates.flatMap((candidate) => candidate?.layers ?? []);
  }

  forward(x: Tensor, pass: Pass): LayerOutput {
    const outputs: Tensor[] = [];
    const traces: (Trace | null)[] = [];
    let sum: Tensor | null = null;
    for (const candidate of this.candidates) {
      const { y, trace } = candidate?.forward(x, pass) ?? { y: x, trace: null };
      outputs.push(y);
      traces.push(trace);
      sum = added(sum, this.gated(y));
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
    this.gateGradients = outputs.map((output) => ops.innerProduct(output, dy));
    for (const output of outputs) if (output !== x) output.dispose();
    const dCandidate = this.gated(dy);
    let dx: Tensor | null = null;
    for (const trace of traces) {
      dx = added(dx, trace ? trace.backward(dCandidate, sink, true)! : this.gated(dy));
    }
    dCandidate.dispose();
    return dx!;
  }

  private gated(tensor: Tensor): Tensor {
    const scaled = mul(tensor, 1 / this.candidates.length);
    sampleMemory();
    return scaled;
  }
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
export function allPathsNetwork(supernet: Supernet): ConvNet {
  const { stem, first, head, classifier } = supernet.network(supernet.plan.blocks.map(() => 0));
  const blocks = supernet.candidates.map((candidates) => new MixedBlock(candidates));
  return new ConvNet(stem, first, blocks, head, classifier);
}
