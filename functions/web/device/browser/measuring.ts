/** @file From the plan that the service gives to a schedule, and from its timings to measurements. Pure. */
import type { Measurement } from '../../../../shared/contract/api/measurements.ts';
import type { ServedPlan } from '../../../../shared/contract/api/measuring-plan.ts';
import { driftOf } from '../../../../shared/latency/measuring/drift.ts';
import {
  callKey,
  networkKey,
  referenceKey,
  type Sitting,
  scheduleOf,
} from '../../../../shared/latency/measuring/schedule.ts';
import { type SessionVisits, samplesByModel } from '../../../../shared/latency/measuring/session.ts';
import type { Visit } from '../../../../shared/latency/measuring/time-visit.ts';
import { parseSignature } from '../../../../shared/latency/signature.ts';
import { medianAbsoluteDeviation, quantile } from '../../../../shared/latency/statistics.ts';

/** The API takes no time of nothing: a part that is lost in the cost of a call counts as a nanosecond. */
const leastMs = 1e-6;
/** Visits of the reference block from which on there are two pieces to compare. */
const fewReferences = 16;

export function scheduleOfPlan({ plan, space, resolution, complete, parts, networks, rounds, seed }: ServedPlan) {
  const context = { space, resolution, complete, parts: parts.map(parseSignature), networks };
  return scheduleOf({ kind: plan, contexts: [context] }, { rounds, seed });
}

export function visitsOf({ visits: { parts, networks } }: ServedPlan): SessionVisits {
  return { parts: inUs(parts), networks: inUs(networks) };
}

function inUs({ warmUpCalls, visitMs }: ServedPlan['visits']['parts']): Visit {
  return { warmUpCalls, visitUs: visitMs * 1e3 };
}

/** How far the reference block's time moved so far, as a fraction; null while there is too little to tell. */
export function driftSoFar(
  { reference, quantile: q }: ServedPlan,
  schedule: readonly Sitting[],
  samplesUs: readonly number[],
): { fraction: number; unstable: boolean } | null {
  const references = samplesByModel(schedule, samplesUs).get(referenceKey) ?? [];
  if (references.length < fewReferences) return null;
  const { largestFraction, unstable } = driftOf(reference, references, q);
  return { fraction: largestFraction, unstable };
}

/**
 * What to send of a schedule that is done: the same for the same timings, item by item.
 * @param session names the items, so that another session's stand beside them
 */
export function measurementsOf(
  plan: ServedPlan,
  schedule: readonly Sitting[],
  samplesUs: readonly number[],
  session: string,
): Measurement[] {
  const samples = samplesByModel(schedule, samplesUs);
  const figureUs = (key: string) => quantile(samples.get(key)!, plan.quantile);
  const driftFraction = driftSoFar(plan, schedule, samplesUs)?.fraction;
  const measured = (key: string, offUs: number) => ({
    item: `${session}:${key.replaceAll(' ', '-')}`,
    latencyMs: Math.max(leastMs, inMs(figureUs(key) - offUs)),
    spreadMs: inMs(medianAbsoluteDeviation(samples.get(key)!)),
    count: samples.get(key)!.length,
    ...(driftFraction !== undefined && { driftFraction }),
  });
  const callUs = figureUs(callKey);
  return [
    { ...measured(callKey, 0), signature: callKey },
    ...plan.parts.map((signature) => ({ ...measured(signature, callUs), signature })),
    ...plan.networks.map(({ architecture, drawn }, i) => ({ ...measured(networkKey(i), 0), architecture, drawn })),
  ];
}

/** To a nanosecond. */
function inMs(us: number): number {
  return Math.round(us * 1e3) / 1e6;
}
