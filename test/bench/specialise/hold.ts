/**
 * @file Budgets held by the clock: each device's network is timed there, its model is corrected by that, and the supernet
 * is pruned again, until the network takes 95 to 100 % of its budget; all devices' prunings run side by side. A shared
 * machine may be half as fast again an hour later: networks of the device's table are timed beside, and times count at
 * the speed that they had in the table, as budgets do.
 */
import { z } from 'zod';
import { architectureId } from '../../../shared/architecture/identity.ts';
import { type Architecture, architectureSchema } from '../../../shared/contract/architecture.ts';
import type { PruneSpec, SearchSpec } from '../../../shared/contract/job-spec.ts';
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import { fitLatencyModel } from '../../../shared/latency/fit/fit-model.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { measuredArchitecture, networkIdentity } from '../../../shared/latency/measured-network.ts';
import { median, medianAbsoluteDeviation } from '../../../shared/latency/statistics.ts';
import type { Constraint } from './budget.ts';
import type { Device } from './devices.ts';
import type { Form } from './forms.ts';
import { all, type Jobs } from './jobs.ts';
import { kept } from './kept.ts';
import { pruneSpec } from './specs.ts';
import { batchesOf, type Timing, timeInTurn, timingSchema } from './timing.ts';

/** One device's search as it stands. */
export interface Searched {
  device: Device;
  table: LatencyTable;
  /** with the model as it was measured at first */
  constraint: Constraint;
  search: SearchSpec;
  found: Architecture;
}

export interface Held extends Searched {
  /** with the model as it is now */
  constraint: Constraint;
  timings: PruneSpec['timings'];
  /** networks timed, in order, at the table's speed; the last one is the device's unless another kept the budget better */
  tries: { architecture: Architecture; predictedMs: number; measuredMs: number }[];
  /** index of the device's network among them */
  chosen: number;
  /** time of the networks beside over what the table has for them, in each timing */
  slowdowns: number[];
  /** the pruning that gave the last one; the search where its own did */
  pruned: SearchSpec | PruneSpec;
  /** the budget is kept, or pruning again gives a network that was timed before */
  over: boolean;
}

/** The least share of a budget that a network is to use. */
export const leastShare = 0.95;
/** Networks of the device's table timed beside: caches are met as they were then, and the machine's speed is known. */
const companions = 9;

const roundSchema = z.record(z.string(), z.strictObject({ architecture: architectureSchema, timing: timingSchema }));

/** @throws Error with the worker's own line where a pruning failed */
export async function holdBudgetsByClock(
  searched: readonly Searched[],
  { form, work, jobs }: { form: Form; work: string; jobs: Jobs },
): Promise<Held[]> {
  let held = searched.map(
    (one): Held => ({
      ...{ ...one, timings: [], tries: [], chosen: 0, slowdowns: [], pruned: one.search, over: false },
    }),
  );
  for (let round = 1; round <= 1 + form.prunings; round++) {
    const open = held.filter((one) => !one.over);
    if (open.length === 0) break;
    const timed = await kept(work, `held-${round}`, roundSchema, async () => {
      const timings: z.infer<typeof roundSchema> = {};
      for (const { device, table, found } of open) {
        console.error(`timing on ${device.label}`);
        timings[device.name] = {
          architecture: found,
          timing: await timeInTurn(device, [found, ...companionsOf(table)], form.timing),
        };
      }
      return timings;
    });
    const corrected = held.map((one) => {
      const timing = timed[one.device.name];
      return timing === undefined || one.over ? one : withTiming(one, timing.timing);
    });
    const last = round === 1 + form.prunings;
    held = last ? corrected : await all(corrected.map((one) => (one.over ? Promise.resolve(one) : prune(one, jobs))));
  }
  return held;
}

export function isHeld(measuredMs: number, budgetMs: number): boolean {
  return measuredMs <= budgetMs && measuredMs >= leastShare * budgetMs;
}

function withTiming(held: Held, timing: Timing): Held {
  const { table, constraint, found, tries } = held;
  const predictedMs = predictMs(constraint.model, found);
  const slowdown = slowdownOf(timing, table);
  const batchesMs = batchesOf(timing, found).map((ms) => ms / slowdown);
  const measuredMs = median(batchesMs);
  const latencyUs = measuredMs * 1000;
  const row = { ...networkIdentity(found), latencyUs, spreadUs: 1000 * medianAbsoluteDeviation(batchesMs) };
  const timed = { ...table, networks: [...(table.networks ?? []), row] };
  const all = [...tries, { architecture: found, predictedMs, measuredMs }];
  const chosen = nearest(all.map((one) => one.measuredMs / constraint.budgetMs));
  return {
    ...held,
    table: timed,
    constraint: { ...constraint, model: fitLatencyModel(timed) },
    timings: [...held.timings, { hardware: table.hardware.id, architecture: found, latencyMs: measuredMs }],
    tries: all,
    chosen,
    slowdowns: [...held.slowdowns, slowdown],
    over: isHeld(measuredMs, constraint.budgetMs),
  };
}

/** Which share of a budget keeps it best: the largest that is not over it, or the least over. */
export function nearest(shares: readonly number[]): number {
  const under = shares.filter((share) => share <= 1);
  return shares.indexOf(under.length > 0 ? Math.max(...under) : Math.min(...shares));
}

async function prune(held: Held, jobs: Jobs): Promise<Held> {
  const { search, constraint, timings, tries, device } = held;
  const spec = pruneSpec(search, constraint, timings);
  const { architecture } = await jobs.run(`pruning again for ${device.label}`, spec);
  const over = tries.some((tried) => architectureId(tried.architecture) === architectureId(architecture));
  return { ...held, found: architecture, pruned: spec, over };
}

/**
 * What other forms of search are held to: the budget as the corrected model sees it, which predicts of the device's
 * network as much of it as was measured. Where that network stayed above the budget, others may take as long as it does.
 */
export function equalConstraint({ constraint, tries, chosen }: Held): Constraint {
  const { architecture, measuredMs } = tries[chosen]!;
  const unused = Math.max(1, constraint.budgetMs / measuredMs);
  return { model: constraint.model, budgetMs: predictMs(constraint.model, architecture) * unused };
}

function predictMs(model: Constraint['model'], architecture: Architecture): number {
  return new FittedLatencyModel(model).meanUs(architecture) / 1000;
}

/** Time of the table's networks in this timing over what the table has. @throws Error where none was timed */
export function slowdownOf({ batchesMs }: Timing, { networks = [] }: LatencyTable): number {
  const ratios = networks.flatMap((network) => {
    const batches = batchesMs[architectureId(measuredArchitecture(network))];
    return batches === undefined ? [] : [(1000 * median(batches)) / network.latencyUs];
  });
  if (ratios.length === 0) throw new Error('no network of the table was timed beside: remove the timings');
  return median(ratios);
}

/** Some of the networks that a table has as a whole. */
export function companionsOf({ networks = [] }: LatencyTable): Architecture[] {
  return networks.slice(0, companions).map(measuredArchitecture);
}
