/** @file The over-parameterised network: the weights of all candidates of all choice blocks; a path picks a network. */

import { blockOf, candidateLabel } from '../../shared/space/path.ts';
import type { Path, SupernetPlan } from '../../shared/space/plan.ts';
import { Classifier } from '../network/classifier.ts';
import { ConvNet } from '../network/conv-net.ts';
import type { ConvNorm } from '../network/conv-norm.ts';
import { headOf, stemOf } from '../network/from-architecture.ts';
import { MbConv } from '../network/mbconv.ts';
import type { Initializer, Parameter, Variable } from '../network/parameter.ts';
import { shareInitialWeights } from './common-weights.ts';

export class Supernet {
  /** [choice block][candidate]; null is `zero` */
  readonly candidates: readonly (readonly (MbConv | null)[])[];
  private readonly stem: ConvNorm;
  private readonly first: MbConv;
  private readonly head: ConvNorm;
  private readonly classifier: Classifier;

  constructor(
    readonly plan: SupernetPlan,
    init: Initializer,
  ) {
    this.stem = stemOf(plan, init);
    this.first = new MbConv('first', plan.first, init);
    this.candidates = plan.blocks.map((block, i) =>
      block.candidates.map((candidate) => {
        const shape = blockOf(block, candidate);
        return shape && new MbConv(`blocks.${i}.${candidateLabel(candidate)}`, shape, init);
      }),
    );
    for (const [i, candidates] of this.candidates.entries()) shareInitialWeights(candidates, `blocks.${i}`, init);
    this.head = headOf(plan.blocks.at(-1)?.out ?? plan.first.out, plan.head.channels, init);
    this.classifier = new Classifier(plan.head.channels, plan.classes, init);
  }

  /** The network of one path; it shares its weights with the supernet. */
  network(path: Path): ConvNet {
    const blocks = this.candidates.map((candidates, i) => candidates[path[i]!]!);
    return new ConvNet(this.stem, this.first, blocks, this.head, this.classifier);
  }

  get parameters(): Parameter[] {
    return [...this.layers.flatMap((layer) => layer.parameters), ...this.classifier.parameters];
  }

  /** Running batch-norm statistics of all candidates. */
  get statistics(): Variable[] {
    return this.layers.flatMap((layer) => layer.statistics);
  }

  private get layers(): ConvNorm[] {
    const blocks = this.candidates.flat().filter((block) => block !== null);
    return [this.stem, ...[this.first, ...blocks].flatMap((block) => block.layers), this.head];
  }
}
