/**
 * @file What a measurement times: parts of the networks of one or several spaces, and whole networks. Plain data, the
 * same for the same seed on every machine.
 */
import type { Architecture } from '../../contract/architecture.ts';
import type { SearchSpace } from '../../contract/space.ts';
import { Random } from '../../random.ts';
import { planSupernet } from '../../space/make-plan.ts';
import { blockOf, pathToArchitecture, uniformPath } from '../../space/path.ts';
import type { SupernetPlan } from '../../space/plan.ts';
import { fixedParts, type NamedPart, type Part, partsOf } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { informativeNetworks, informativeParts } from './informative.ts';

/** Class counts that the classifier is timed for, and whole networks have; a straight line is drawn between them. */
const classCounts = [10, 100, 1000] as const;
/** uniformly drawn networks among which the most telling are looked for */
const poolSize = 400;
/** networks of a full plan that are chosen to tell most, at most half of all */
const designedNetworks = 10;
const shortPlanParts = 10;

export interface PlannedNetwork {
  architecture: Architecture;
  path: number[];
  /** chosen to tell most about the others, or drawn uniformly to check predictions with */
  drawn: 'designed' | 'uniform';
}

/** One space at one resolution. */
export interface PlannedContext {
  space: string;
  resolution: number;
  /** whether `parts` are all that any of its paths has */
  complete: boolean;
  parts: Part[];
  networks: PlannedNetwork[];
}

export interface MeasuringPlan {
  kind: 'short' | 'full';
  contexts: PlannedContext[];
  /** where operators are timed too, for networks of any kind: seeds their shapes */
  operators?: { seed: number };
}

export interface ContextRequest {
  space: SearchSpace;
  /** pixels */
  resolution: number;
  /** whole networks to time; fewer where the space has fewer paths */
  networks: number;
}

/**
 * The full plan times every part of the spaces, `short` ten of them and two classifiers; whole networks are all designed in a short
 * one.
 * @throws FastpathError `space.resolution`
 */
export function planMeasuring(kind: MeasuringPlan['kind'], requests: readonly ContextRequest[], seed: number) {
  return { kind, contexts: requests.map((request) => planContext(kind, request, seed)) } satisfies MeasuringPlan;
}

function planContext(kind: MeasuringPlan['kind'], request: ContextRequest, seed: number): PlannedContext {
  const { space, resolution, networks } = request;
  const plan = planSupernet(space, { resolution, classes: classCounts[0] });
  const random = Random.named(seed, `networks of ${space.name} at ${resolution}`);
  const pool = distinctNetworks(plan, poolSize, random, new Set());
  const designed = kind === 'short' ? networks : Math.min(designedNetworks, Math.ceil(networks / 2));
  const poolParts = pool.map(({ architecture }) => partsOf(architecture));
  const chosen = informativeNetworks(poolParts, designed);
  const taken = new Set(chosen.map((i) => JSON.stringify(pool[i])));
  const parts = partsOfPlan(plan);
  return {
    space: space.name,
    resolution,
    complete: kind === 'full',
    parts: kind === 'full' ? parts : shortPlan(parts, poolParts, chosen),
    networks: [
      ...chosen.map((index) => ({ ...pool[index]!, drawn: 'designed' as const })),
      ...distinctNetworks(plan, networks - chosen.length, random, taken).map((network) => ({
        ...network,
        drawn: 'uniform' as const,
      })),
    ],
  };
}

/** The parts that tell most, and the classifier at both ends: no network tells of other class counts. */
function shortPlan(parts: readonly Part[], pool: readonly NamedPart[][], timed: readonly number[]): Part[] {
  const classifiers = parts.filter((part) => part.kind === 'classifier').sort((a, b) => a.classes - b.classes);
  const others = parts.filter((part) => part.kind !== 'classifier');
  const chosen = informativeParts(others, pool, timed, shortPlanParts).map((index) => others[index]!);
  return [...chosen, classifiers[0]!, classifiers.at(-1)!];
}

type Network = Omit<PlannedNetwork, 'drawn'>;

/** Uniform paths with uniform class counts, none twice and none of those taken. */
function distinctNetworks(plan: SupernetPlan, count: number, random: Random, taken: ReadonlySet<string>): Network[] {
  const networks = new Map<string, Network>();
  // A space may have fewer networks than are asked for: then looking ends after a while.
  for (let tries = 0; networks.size < count && tries < 20 * count; tries++) {
    const path = uniformPath(plan, random);
    const classes = classCounts[random.below(classCounts.length)]!;
    const network = { architecture: pathToArchitecture({ ...plan, classes }, path), path };
    const key = JSON.stringify(network);
    if (!taken.has(key)) networks.set(key, network);
  }
  return [...networks.values()];
}

/** Every part that a path of the plan may have, once, the classifier for all class counts. */
function partsOfPlan(plan: SupernetPlan): Part[] {
  const fixed = classCounts.flatMap((classes) => fixedParts({ ...plan, classes }).map(({ part }) => part));
  const chosen = plan.blocks.flatMap((choiceBlock) =>
    choiceBlock.candidates.flatMap((candidate): Part[] => {
      const block = blockOf(choiceBlock, candidate);
      return block === null ? [] : [{ kind: 'mbconv', block, inputSize: choiceBlock.inputSize }];
    }),
  );
  return [...new Map([...fixed, ...chosen].map((part) => [signatureOf(part), part])).values()];
}
