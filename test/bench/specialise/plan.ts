/** @file How long to search and to train for the minutes there are: decided once by the clock, and kept. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { describe } from '../../../shared/architecture/describe.ts';
import { mobileNetShaped } from '../../../shared/comparison/baselines.ts';
import { Random } from '../../../shared/random.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { pathToArchitecture, uniformPath } from '../../../shared/space/path.ts';
import { mean } from '../search-statistics.ts';
import type { Workers } from '../search-worker.ts';
import { plan as supernetPlan } from './budget.ts';
import type { Images } from './data.ts';
import { type Form, input, proxyInput, searchBase, space, trainingBase } from './forms.ts';
import { trainSpec } from './specs.ts';

export const planSchema = z.strictObject({
  form: z.enum(['full', 'quick']),
  /** null: the quick form, which does as little as shows that all of it runs */
  minutes: z.number().nullable(),
  /** devices that have a curve, from the first on */
  curveDevices: z.number().int().min(1),
  warmupEpochs: z.number().int(),
  searchEpochs: z.number().int(),
  trainingEpochs: z.number().int(),
  /** of the proxy, which takes as long with them as a search on the task */
  proxyWarmupEpochs: z.number().int(),
  proxySearchEpochs: z.number().int(),
  /** trained by random search in a search's time */
  randomArchitectures: z.number().int(),
  /** expected of one process with one thread: a training of the network in the middle, and a whole search */
  trainingSeconds: z.number(),
  searchSeconds: z.number(),
});

export type Plan = z.infer<typeof planSchema>;

/** Share of the time that trainings get; searches get the rest. */
const trainingsShare = 0.7;
/** A curve more is worth less than epochs up to here: behind few, networks differ by less than seeds of one of them. */
const neededEpochs = 6;
/** Of a search's epochs, those on random paths. */
const warmupShare = 1 / 3;
/** A search's epoch against a training's on the same network: fewer images, and architecture steps among them. */
const searchOverTraining = 1.2;
/** Minutes that are no searches and trainings: measuring, pruning, evolution, memory. */
const otherMinutes = 25;
/** What a worker takes to start, read images and write results. */
const jobSeconds = 10;
/** What is kept back for a machine that slows down. */
const reserve = 0.08;

/** What one epoch of a typical network of the space takes, seconds, in a process a core. */
export interface EpochSeconds {
  whole: number;
  proxy: number;
}

const draws = 200;

/** Of uniform paths the one whose multiply-adds come nearest to their mean. */
function typicalPath(): number[] {
  const random = Random.named(0, 'typical');
  const paths = Array.from({ length: draws }, () => uniformPath(supernetPlan, random));
  const macs = paths.map((path) => describe(pathToArchitecture(supernetPlan, path)).macs);
  const distances = macs.map((each) => Math.abs(each - mean(macs)));
  return paths[distances.indexOf(Math.min(...distances))]!;
}

/** Networks that are trained with every seed: those found, and the baselines by their widths. */
export function networkCounts({ budgets, warmStartShares, widthMultipliers }: Form, curveDevices: number, all: number) {
  const otherForms = 3;
  const controls = 1;
  const proxies = 1;
  return {
    found: curveDevices * budgets + (all - curveDevices) + otherForms + proxies + controls + warmStartShares.length,
    baselines: widthMultipliers.length,
  };
}

/**
 * Curves for as many devices as leave every training the epochs it needs, for one at least; where not even that holds,
 * shorter trainings. What trainings leave is for searches.
 * @param processors each runs one job at a time
 * @throws RangeError where not even one epoch fits
 */
export function planFor(
  form: Form,
  minutes: number,
  epoch: EpochSeconds,
  deviceCount: number,
  processors = availableParallelism(),
): Plan {
  const costs = (curveDevices: number) => {
    const { found, baselines } = networkCounts(form, curveDevices, deviceCount);
    const trainings = (found + baselines) * form.seeds.length;
    return {
      available: (minutes - otherMinutes) * 60 * processors * (1 - reserve) - jobSeconds * (trainings + 20),
      epochOfTrainings: form.seeds.length * (found + baselineShares(form)) * epoch.whole,
    };
  };
  const epochsWith = (curveDevices: number) => {
    const { available, epochOfTrainings } = costs(curveDevices);
    return Math.floor((trainingsShare * available) / epochOfTrainings);
  };
  let curveDevices = deviceCount;
  while (curveDevices > 1 && epochsWith(curveDevices) < neededEpochs) curveDevices--;
  const trainingEpochs = epochsWith(curveDevices);
  const { available, epochOfTrainings } = costs(curveDevices);
  // One warm-up; the devices' searches, REINFORCE and warm starts behind it; whole ones on the proxy, on random paths for
  // evolution, and as long for random search.
  const behindWarmUp = deviceCount + 1 + form.warmStartShares.reduce((a, b) => a + b, 0);
  const searches = warmupShare + behindWarmUp * (1 - warmupShare) + 3;
  const epochOfSearches = searches * searchOverTraining * epoch.whole;
  const epochs = Math.floor((available - trainingEpochs * epochOfTrainings) / epochOfSearches);
  if (trainingEpochs < 1 || epochs < 3) throw new RangeError(`${minutes} minutes hold no epoch each: give more`);
  const warmupEpochs = Math.max(1, Math.round(warmupShare * epochs));
  const proxyEpochs = Math.round((epochs * epoch.whole) / epoch.proxy);
  const proxyWarmupEpochs = Math.max(1, Math.round(warmupShare * proxyEpochs));
  const searchSeconds = epochs * searchOverTraining * epoch.whole + jobSeconds;
  const trainingSeconds = trainingEpochs * epoch.whole + jobSeconds;
  return {
    ...{ form: form.name, minutes, curveDevices, warmupEpochs, searchEpochs: epochs - warmupEpochs, trainingEpochs },
    ...{ proxyWarmupEpochs, proxySearchEpochs: proxyEpochs - proxyWarmupEpochs },
    randomArchitectures: Math.max(2, Math.round(searchSeconds / trainingSeconds)),
    ...{ trainingSeconds, searchSeconds },
  };
}

/** An epoch of all baselines over one of the network that was timed: multiply-adds tell. */
function baselineShares({ widthMultipliers }: Form): number {
  const { macs } = describe(pathToArchitecture(supernetPlan, typicalPath()));
  const total = widthMultipliers.reduce(
    (sum, multiplier) => sum + describe(mobileNetShaped(space, input, multiplier)).macs,
    0,
  );
  return total / macs;
}

export const shortest: Plan = {
  ...{ form: 'quick', minutes: null, curveDevices: 1, warmupEpochs: 1, searchEpochs: 2, trainingEpochs: 1 },
  ...{ proxyWarmupEpochs: 4, proxySearchEpochs: 8, randomArchitectures: 2, trainingSeconds: 9, searchSeconds: 20 },
};

/** Some epochs each, while the other cores do the same; what a job takes to start is no part of them. */
export async function timeEpochs(images: Images, workers: Workers): Promise<EpochSeconds> {
  const path = typicalPath();
  const time = async (data: string, at: typeof input, epochs: number) => {
    const architecture = pathToArchitecture(planSupernet(space, at), path);
    const runs = Array.from({ length: availableParallelism() }, (_, i) =>
      workers.run(`timing ${i + 1}`, trainSpec(data, architecture, i + 1, { ...trainingBase, epochs })),
    );
    return Math.max(...(await Promise.all(runs)).map(({ seconds }) => Math.max(1, seconds - jobSeconds) / epochs));
  };
  return { whole: await time(images.whole, input, 3), proxy: await time(images.proxy, proxyInput, 30) };
}

/** Weight steps on random paths, then a search. */
export function searchSchedule({ warmupEpochs, searchEpochs }: Pick<Plan, 'warmupEpochs' | 'searchEpochs'>) {
  return { ...searchBase, warmupEpochs, searchEpochs };
}
