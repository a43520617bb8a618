import type { MeasuringPlanQuery, ServedPlan } from '../../../shared/contract/api/measuring-plan.ts';
import { measuringSize, timeQuantile, visits } from '../../../shared/latency/measuring/method.ts';
import { planMeasuring } from '../../../shared/latency/measuring/plan.ts';
import { referenceSignature } from '../../../shared/latency/measuring/schedule.ts';
import type { Visit } from '../../../shared/latency/measuring/time-visit.ts';
import { signatureOf } from '../../../shared/latency/signature.ts';
import { findSpace } from '../../../shared/space/built-in.ts';

/** Plans are the same for all; each takes a tenth of a second to make, and few are asked for. */
const held = new Map<string, ServedPlan>();
const mostHeld = 50;
const seed = 1;

/** What to time on a device for a space that ships. @throws FastpathError `space.unknown`, `space.resolution` */
export function measuringPlan({ space: name, resolution, plan: kind }: MeasuringPlanQuery): ServedPlan {
  const space = findSpace(name);
  const pixels = resolution ?? space.resolution;
  const key = JSON.stringify([name, pixels, kind]);
  const known = held.get(key) ?? makePlan();
  if (held.size >= mostHeld) held.delete(held.keys().next().value!);
  held.set(key, known);
  return known;

  function makePlan(): ServedPlan {
    const { networks, rounds } = measuringSize[kind];
    const [context] = planMeasuring(kind, [{ space, resolution: pixels, networks }], seed).contexts;
    const { complete, parts, networks: planned } = context!;
    return {
      plan: kind,
      space: name,
      resolution: pixels,
      complete,
      reference: referenceSignature,
      parts: parts.map(signatureOf),
      networks: planned,
      rounds,
      visits: { parts: inMs(visits.parts), networks: inMs(visits.networks) },
      quantile: timeQuantile,
      seed,
    };
  }
}

function inMs({ warmUpCalls, visitUs }: Visit): ServedPlan['visits']['parts'] {
  return { warmUpCalls, visitMs: visitUs / 1e3 };
}
