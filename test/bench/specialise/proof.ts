/** @file All stages in their order: what each measured is kept, and the same command goes on behind the last. */
import { architectureId } from '../../../shared/architecture/identity.ts';
import { mobileNetShaped } from '../../../shared/comparison/baselines.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import { type LatencyTable, latencyTableSchema } from '../../../shared/contract/latency.ts';
import { findPath } from '../../../shared/space/find-path.ts';
import { TimeLeft } from '../imagenette/time-left.ts';
import type { JobResult, Workers } from '../search-worker.ts';
import { plan as supernet } from './budget.ts';
import { type Images, openImages } from './data.ts';
import { devices, measureDevice } from './devices.ts';
import { type Form, input, space } from './forms.ts';
import { companionsOf } from './hold.ts';
import { all, Jobs } from './jobs.ts';
import { kept } from './kept.ts';
import { type Memory, memorySchema } from './memory.ts';
import { networkCounts, type Plan, planFor, planSchema, shortest, timeEpochs } from './plan.ts';
import { chosenOf, runSearches, type Searches } from './searches.ts';
import { steadiest } from './steadiest.ts';
import { runTask } from './task.ts';
import { type Timing, timeInTurn, timingSchema } from './timing.ts';

export interface Proof {
  form: Form;
  plan: Plan;
  images: Images;
  tables: LatencyTable[];
  searches: Searches;
  baselines: { widthMultiplier: number; architecture: Architecture }[];
  /** by architecture id, a training a seed */
  trained: ReadonlyMap<string, JobResult[]>;
  /** by device */
  timings: Timing[];
  memory: Memory;
}

const stages = ['devices', 'plan', 'searches, each budget held by the clock', 'trainings', 'timing', 'memory'] as const;

/** @param minutes of all cores; null: the quick form */
export async function runProof(form: Form, minutes: number | null, work: string, workers: Workers): Promise<Proof> {
  const stage = (name: (typeof stages)[number]) =>
    console.error(`\nstage ${stages.indexOf(name) + 1} of ${stages.length}: ${name}`);

  stage('devices');
  const images = await openImages(form, work);
  const tables: LatencyTable[] = [];
  for (const device of devices) {
    tables.push(
      await kept(work, `device-${device.name}`, latencyTableSchema, () => {
        console.error(`measuring ${device.label}`);
        return steadiest(
          () => measureDevice(device, form),
          (table) => table.drift?.largestFraction ?? 0,
        );
      }),
    );
  }

  stage('plan');
  const plan = await kept(work, 'plan', planSchema, async () =>
    minutes === null ? shortest : planFor(form, minutes, await timeEpochs(images, workers), devices.length),
  );
  if (plan.form !== form.name || plan.minutes !== minutes) {
    throw new Error(`${work} holds a run of another size: choose another --work, or remove it`);
  }
  console.error(
    `searches of ${plan.warmupEpochs} + ${plan.searchEpochs} epochs, trainings of ${plan.trainingEpochs}, on ${images.train} images`,
  );

  const left = new TimeLeft(plannedSeconds(form, plan));
  try {
    const jobs = new Jobs(workers, plan, left);
    stage('searches, each budget held by the clock');
    const searches = await runSearches({ form, plan, images, work, jobs }, tables);

    stage('trainings');
    const baselines = form.widthMultipliers.map((widthMultiplier) => {
      return { widthMultiplier, architecture: mobileNetShaped(space, input, widthMultiplier) };
    });
    const networks = networksOf(searches, baselines);
    const runs = await all(
      networks.flatMap(({ name, architecture }) =>
        form.seeds.map((seed) => jobs.train(name, images.whole, architecture, seed)),
      ),
    );
    const trained = new Map(
      networks.map(({ architecture }, i) => {
        return [architectureId(architecture), runs.slice(i * form.seeds.length, (i + 1) * form.seeds.length)] as const;
      }),
    );

    stage('timing');
    const timings: Timing[] = [];
    for (const [i, device] of devices.entries()) {
      timings.push(
        await kept(work, `timing-${device.name}`, timingSchema, () => {
          console.error(`${networks.length} networks in turn on ${device.label}`);
          const architectures = networks.map(({ architecture }) => architecture);
          return timeInTurn(device, [...architectures, ...companionsOf(tables[i]!)], form.timing);
        }),
      );
    }

    stage('memory');
    const memory = await kept(work, 'memory', memorySchema, () =>
      runTask('memory-task', { path: pathOf(chosenOf(searches.held[0]!)) }, memorySchema),
    );
    return { form, plan, images, tables, searches, baselines, trained, timings, memory };
  } finally {
    left.close();
  }
}

/** Every network that is trained and timed, once. */
function networksOf({ held, curves, proxy, forms, warmStarts, control }: Searches, baselines: Proof['baselines']) {
  const named = [
    ...held.map((one) => ({ name: `network of ${one.device.label}`, architecture: chosenOf(one) })),
    ...curves.flatMap((networks, i) =>
      networks.map((architecture, k) => ({ name: `curve of ${devices[i]!.label}, ${k + 1}`, architecture })),
    ),
    ...baselines.map(({ widthMultiplier, architecture }) => {
      return { name: `MobileNetV2's shape × ${widthMultiplier}`, architecture };
    }),
    ...[proxy, ...forms, ...warmStarts, control].map(({ name, architecture }) => ({ name, architecture })),
  ];
  const byId = new Map<string, (typeof named)[number]>();
  for (const network of named) {
    const id = architectureId(network.architecture);
    if (!byId.has(id)) byId.set(id, network);
  }
  return [...byId.values()];
}

/** @throws Error where it is no path of the space */
export function pathOf(architecture: Architecture): number[] {
  const path = findPath(supernet, architecture);
  if (path === null) throw new Error('a network of this proof is no path of its space');
  return path;
}

/** Of all jobs, in one process. */
function plannedSeconds(
  form: Form,
  { curveDevices, trainingSeconds, searchSeconds, randomArchitectures }: Plan,
): number {
  const { found, baselines } = networkCounts(form, curveDevices, devices.length);
  const warmStarts = form.warmStartShares.reduce((a, b) => a + b, 0);
  return (
    trainingSeconds * (form.seeds.length * (found + baselines) + randomArchitectures) +
    searchSeconds * (devices.length + 3 + warmStarts)
  );
}
