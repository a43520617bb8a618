/** @file Times everything that networks of one space at one resolution are made of, and some of the networks. */
import type { SearchSpace } from '../../../shared/contract/space.ts';
import type { TimedContext, TimedNetwork } from '../../../shared/latency/assemble-table.ts';
import { fixedParts } from '../../../shared/latency/part.ts';
import { parseSignature, signatureOf } from '../../../shared/latency/signature.ts';
import { writeEmptyModel, writeNetwork, writePart } from '../../../shared/onnx/write-network.ts';
import { Random } from '../../../shared/random.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { blockOf, pathToArchitecture, uniformPath } from '../../../shared/space/path.ts';
import type { SupernetPlan } from '../../../shared/space/plan.ts';
import { TimedModel, type Visit } from './timed-model.ts';

/** Class counts the classifier is timed for; the model draws straight lines between them. */
const classCounts = [10, 100, 1000];

export interface ContextOptions extends Visit {
  space: SearchSpace;
  resolution: number;
  rounds: number;
  /** networks that set the context factor */
  calibrationNetworks: number;
  /** networks that are compared with their sums */
  heldOutNetworks: number;
  /** signature of the block timed in every context */
  reference: string;
  seed: number;
}

export interface ContextTimings {
  context: TimedContext;
  overheadSamplesUs: number[];
  referenceSamplesUs: number[];
  /** signature → samples */
  parts: Map<string, number[]>;
}

export async function timeContext(options: ContextOptions): Promise<ContextTimings> {
  const { space, resolution, seed, reference } = options;
  const random = Random.named(seed, `${space.name}@${resolution}`);
  const plan = planSupernet(space, { resolution, classes: classCounts[0]! });
  const signatures = signaturesOf(plan);

  const empty = await TimedModel.load(writeEmptyModel(), random);
  const steady = await TimedModel.load(writePart(parseSignature(reference), { seed }), random);
  const parts = new Map<string, TimedModel>();
  for (const signature of signatures) {
    parts.set(signature, await TimedModel.load(writePart(parseSignature(signature), { seed }), random));
  }
  const networks: (TimedNetwork & { model: TimedModel })[] = [];
  for (let i = 0; i < options.calibrationNetworks + options.heldOutNetworks; i++) {
    const path = uniformPath(plan, random);
    const architecture = pathToArchitecture(plan, path);
    const model = await TimedModel.load(writeNetwork(architecture, { seed }), random);
    networks.push({ architecture, path, model, samplesUs: model.samplesUs });
  }

  const models = [empty, steady, ...parts.values(), ...networks.map(({ model }) => model)];
  for (let round = 0; round < options.rounds; round++) {
    for (const model of random.shuffle([...models])) await model.visit(options);
  }
  for (const model of models) await model.release();

  const timed = networks.map(({ architecture, path, samplesUs }) => ({ architecture, path, samplesUs }));
  return {
    context: {
      space: space.name,
      resolution,
      signatures,
      calibration: timed.slice(0, options.calibrationNetworks),
      heldOut: timed.slice(options.calibrationNetworks),
    },
    overheadSamplesUs: empty.samplesUs,
    referenceSamplesUs: steady.samplesUs,
    parts: new Map([...parts].map(([signature, model]) => [signature, model.samplesUs])),
  };
}

/** Signatures of every part that a path of the plan may have, the classifier for all class counts. */
function signaturesOf(plan: SupernetPlan): string[] {
  const signatures = new Set<string>();
  for (const classes of classCounts) {
    for (const { part } of fixedParts({ ...plan, classes })) signatures.add(signatureOf(part));
  }
  for (const choiceBlock of plan.blocks) {
    for (const candidate of choiceBlock.candidates) {
      const block = blockOf(choiceBlock, candidate);
      if (block === null) continue;
      signatures.add(signatureOf({ kind: 'mbconv', block, inputSize: choiceBlock.inputSize }));
    }
  }
  return [...signatures];
}
