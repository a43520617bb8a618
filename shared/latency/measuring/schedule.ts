/**
 * @file In which order a plan is timed. A sitting holds models that are in memory together; in each of its rounds every
 * model is visited once, in an order shuffled anew, so that what changes on the machine meets all of them alike. A
 * reference block is visited between them at even distances, to see such changes.
 */
import { networkProbes } from '../../onnx/probes/networks.ts';
import { operatorProbes } from '../../onnx/probes/operators.ts';
import type { Probe } from '../../onnx/probes/probe.ts';
import { Random } from '../../random.ts';
import { type NamedPart, partsOf } from '../part.ts';
import { parseSignature, signatureOf } from '../signature.ts';
import type { MeasuringPlan, PlannedContext } from './plan.ts';

/** The block that is watched for drift, in every measurement. */
export const referenceSignature = 'mbconv-k5-e6-s1-i40-o40-r14-id';
export const referenceKey = 'reference';
/** The model of no parts: what a call costs by itself. */
export const callKey = 'call';

/** Whole networks in memory at once: at 20 MB each and twice that in some runtimes, under 1 GB. */
const networksPerSitting = 20;
const visitsPerReference = 12;
/** networks drawn at random that tell what operators cost within a network */
const probeNetworks = 120;

export interface TimedModel {
  /** `call`, `reference`, a part's signature, a probe's key, or `network 0`, `network 1`, … in the order of the plan */
  key: string;
  /** in running order; none for the call by itself, and for probes */
  parts: NamedPart[];
  probe?: Probe;
}

export interface Sitting {
  models: TimedModel[];
  /** keys of the models in the order of their visits */
  rounds: string[][];
}

export interface ScheduleOptions {
  /** visits of each model, those of parts that several contexts share once a context */
  rounds: number;
  seed: number;
}

/** The key of a whole network, counted over all contexts of the plan from 0. */
export function networkKey(index: number): string {
  return `network ${index}`;
}

/** Whether a model is a network, larger than near caches. */
export function isWhole({ parts, probe }: TimedModel): boolean {
  return parts.length > 1 || probe?.whole === true;
}

/** What a plan times of operators, in an order that is the same for the same seed. */
export function probesOf({ operators }: MeasuringPlan): Probe[] {
  return operators === undefined
    ? []
    : [...operatorProbes(operators.seed), ...networkProbes(operators.seed, probeNetworks)];
}

/** One sitting a context with all of its parts, and further ones where it has many networks; then those of operators. */
export function scheduleOf(plan: MeasuringPlan, { rounds, seed }: ScheduleOptions): Sitting[] {
  let networks = 0;
  const groups = plan.contexts.flatMap((context) => {
    const own = modelsOf(context, networks);
    networks += context.networks.length;
    return own;
  });
  const sittings = groups.map((models, index) => sitting(models, visitsPerReference, { rounds, seed, index }));
  return [...sittings, ...scheduleProbes(probesOf(plan), { rounds, seed })];
}

/** Single operators in one sitting, networks in some; a reference before and behind every visit: see `steadied`. */
export function scheduleProbes(probes: readonly Probe[], { rounds, seed }: ScheduleOptions): Sitting[] {
  const models = probes.map((probe): TimedModel => ({ key: probe.key, parts: [], probe }));
  const single = models.filter((model) => !isWhole(model));
  const networks = models.filter(isWhole);
  const groups = single.length === 0 ? [] : [single];
  for (let from = 0; from < networks.length; from += networksPerSitting) {
    groups.push(networks.slice(from, from + networksPerSitting));
  }
  return groups.map((group, i) => sitting(group, 1, { rounds, seed, index: `probes ${i}` }));
}

function sitting(
  models: readonly TimedModel[],
  visitsPerReference: number,
  { rounds, seed, index }: ScheduleOptions & { index: number | string },
): Sitting {
  return {
    models: [{ key: callKey, parts: [] }, referenceModel(), ...models],
    rounds: Array.from({ length: rounds }, (_, round) => {
      const random = Random.named(seed, `sitting ${index}, round ${round}`);
      return withReference(random.shuffle([callKey, ...models.map(({ key }) => key)]), visitsPerReference);
    }),
  };
}

function modelsOf(context: PlannedContext, firstNetwork: number): TimedModel[][] {
  const parts = context.parts.map((part) => ({ key: signatureOf(part), parts: [{ name: part.kind, part }] }));
  const networks = context.networks.map(({ architecture }, i) => ({
    key: networkKey(firstNetwork + i),
    parts: partsOf(architecture),
  }));
  const sittings: TimedModel[][] = [[...parts, ...networks.slice(0, networksPerSitting)]];
  for (let from = networksPerSitting; from < networks.length; from += networksPerSitting) {
    sittings.push(networks.slice(from, from + networksPerSitting));
  }
  return sittings;
}

function referenceModel(): TimedModel {
  const part = parseSignature(referenceSignature);
  return { key: referenceKey, parts: [{ name: part.kind, part }] };
}

function withReference(keys: readonly string[], every: number): string[] {
  return keys.flatMap((key, i) => (i % every === 0 ? [referenceKey, key] : [key]));
}
