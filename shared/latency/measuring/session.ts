/**
 * @file Carries a schedule out, from its start or from where an earlier run of it stopped. What a session knows is the
 * list of its timings in the order of the schedule: any beginning of that list is a state to go on from.
 */
import type { Runner } from './runner.ts';
import { isWhole, type Sitting } from './schedule.ts';
import type { Visit } from './time-visit.ts';

export interface SessionVisits {
  /** of the call by itself, the reference and parts */
  parts: Visit;
  networks: Visit;
}

export interface SessionEvents {
  /** asked before every visit */
  stopped(): boolean;
  /** after every visit; `done` counts all visits of the schedule, those of earlier runs included */
  visited(done: number): void;
  /** after every round, and when stopped */
  save(samplesUs: readonly number[]): Promise<void>;
}

/** Visits that a schedule has. */
export function visitCount(schedule: readonly Sitting[]): number {
  return schedule.reduce((sum, { rounds }) => sum + rounds.reduce((visits, round) => visits + round.length, 0), 0);
}

/**
 * Adds timings to `samplesUs` until the schedule is done or `stopped`.
 * @returns whether it is done
 */
export async function runSession(
  schedule: readonly Sitting[],
  samplesUs: number[],
  runner: Runner,
  visits: SessionVisits,
  events: SessionEvents,
): Promise<boolean> {
  let before = 0;
  for (const sitting of schedule) {
    const own = visitCount([sitting]);
    if (samplesUs.length < before + own) {
      if (!(await runSitting(sitting, samplesUs.length - before))) return false;
    }
    before += own;
  }
  return true;

  async function runSitting({ models, rounds }: Sitting, done: number): Promise<boolean> {
    if (events.stopped()) return false;
    const wholes = new Set(models.filter(isWhole).map(({ key }) => key));
    await runner.load(models);
    let skip = done;
    for (const round of rounds) {
      for (const key of round.slice(skip)) {
        if (events.stopped()) {
          await events.save(samplesUs);
          return false;
        }
        samplesUs.push(await runner.visit(key, wholes.has(key) ? visits.networks : visits.parts));
        events.visited(samplesUs.length);
      }
      if (skip < round.length) await events.save(samplesUs);
      skip = Math.max(0, skip - round.length);
    }
    return true;
  }
}

/** Timings by model, each list in the order of the run. */
export function samplesByModel(schedule: readonly Sitting[], samplesUs: readonly number[]): Map<string, number[]> {
  const byModel = new Map<string, number[]>();
  const keys = schedule.flatMap(({ rounds }) => rounds.flat());
  for (const [i, us] of samplesUs.entries()) {
    const samples = byModel.get(keys[i]!);
    if (samples === undefined) byModel.set(keys[i]!, [us]);
    else samples.push(us);
  }
  return byModel;
}
