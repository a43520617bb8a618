/** @file The searches of the proof: one a device behind a common warm-up, and the other forms for the first device. */
import { architectureId } from '../../../shared/architecture/identity.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { SearchSpec } from '../../../shared/contract/job-spec.ts';
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import { paretoSchema } from '../../../shared/contract/result.ts';
import { Random } from '../../../shared/random.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { budgetAt, drawWithin, forProxy, fromProxy, plan as supernet } from './budget.ts';
import type { Images } from './data.ts';
import { devices, second } from './devices.ts';
import { type EvolutionResult, evolutionResultSchema } from './evolution-result.ts';
import { type Form, proxyInput, searchBase, searchSeed } from './forms.ts';
import { equalConstraint, type Held, holdBudgetsByClock, type Searched } from './hold.ts';
import { all, type Jobs } from './jobs.ts';
import { kept } from './kept.ts';
import { type Plan, searchSchedule } from './plan.ts';
import { prefixOf, pruneSpec, searchSpec, warmUpSpec } from './specs.ts';
import { runTask } from './task.ts';

export interface Setting {
  form: Form;
  plan: Plan;
  images: Images;
  work: string;
  jobs: Jobs;
}

/** A network of some form of search, and what finding it took. */
export interface Found {
  name: string;
  architecture: Architecture;
  /** of processes with one thread, those it builds on included */
  seconds: number;
  note: string;
}

export interface Searches {
  held: Held[];
  /** of the first devices: networks for other budgets from the same supernet, and its own */
  curves: Architecture[][];
  /** seconds of the common warm-up, and of the device's search behind it */
  warmUpSeconds: number;
  searchSeconds: number[];
  /** largest memory of the first device's search */
  searchRssBytes: number;
  proxy: Found;
  /** for the first device: gradient, REINFORCE, random, evolution */
  forms: Found[];
  /** for the second device from the first one's supernet, the shortest first */
  warmStarts: Found[];
  /** drawn at random for the second device's budget: what warm starts have to beat to show anything */
  control: Found;
}

const first = 0;

export async function runSearches(setting: Setting, tables: readonly LatencyTable[]): Promise<Searches> {
  const { form, plan, images, jobs } = setting;
  const schedule = searchSchedule(plan);
  const warmUp = warmUpSpec(images.whole, schedule);
  const total = plan.warmupEpochs + plan.searchEpochs;
  const warmUpPlanned = (plan.searchSeconds * plan.warmupEpochs) / total;
  const searchPlanned = plan.searchSeconds - warmUpPlanned;
  const constraints = tables.map((table) => budgetAt(table, form.budgetQuantile));
  const specs = constraints.map((constraint) => searchSpec({ data: images.whole, schedule, constraint, warmUp }));
  const reinforce = searchSpec({
    ...{ data: images.whole, schedule: { ...schedule, logitLearningRate: null }, warmUp, method: 'reinforce' },
    constraint: constraints[first]!,
  });
  const proxy = searchSpec({
    data: images.proxy,
    schedule: { ...searchBase, warmupEpochs: plan.proxyWarmupEpochs, searchEpochs: plan.proxySearchEpochs },
    constraint: { ...constraints[first]!, model: forProxy(constraints[first]!.model) },
    resolution: proxyInput.resolution,
  });
  const uniform = warmUpSpec(images.whole, { ...schedule, warmupEpochs: total });

  const warmedUp = jobs.warmUp('warm-up of all devices', warmUp, warmUpPlanned);
  const behindWarmUp = async (name: string, spec: SearchSpec) => {
    await warmedUp;
    return jobs.run(name, spec, searchPlanned);
  };
  const proxyJob = jobs.run('search on the proxy', proxy, plan.searchSeconds);
  const uniformJob = jobs.warmUp('supernet for evolution', uniform, plan.searchSeconds);
  const deviceJobs = specs.map((spec, i) => behindWarmUp(`search for ${devices[i]!.label}`, spec));
  const reinforceJob = behindWarmUp('search by REINFORCE', reinforce);
  await Promise.allSettled([proxyJob, uniformJob, ...deviceJobs, reinforceJob]);
  const [warmUpSeconds, uniformSeconds, proxied, reinforced] = await Promise.all([
    ...([warmedUp, uniformJob] as const),
    ...([proxyJob, reinforceJob] as const),
  ]);
  const results = await Promise.all(deviceJobs);

  const searched = devices.map((device, i): Searched => {
    const table = tables[i]!;
    return { device, table, constraint: constraints[i]!, search: specs[i]!, found: results[i]!.architecture };
  });
  const held = await holdBudgetsByClock(searched, setting);
  const own = held.map(chosenOf);

  const fair = equalConstraint(held[first]!);
  const secondFair = equalConstraint(held[second]!);
  const control = drawWithin(secondFair, Random.named(searchSeed, 'control'));
  const [reinforcePruned, proxyPruned, random, evolved, ...warm] = await all<Found>([
    prunedAgain('REINFORCE', warmUpSeconds + reinforced.seconds, () =>
      jobs.run('pruning REINFORCE', pruneSpec(reinforce, fair, [])),
    ),
    prunedAgain('search on the proxy', proxied.seconds, async () => {
      const spec = pruneSpec(proxy, { ...fair, model: forProxy(fair.model) }, []);
      const { architecture } = await jobs.run('pruning the proxy', spec);
      return { architecture: fromProxy(architecture) };
    }),
    randomSearch(setting, fair),
    evolution(setting, prefixOf(uniform), uniform, uniformSeconds, fair),
    ...warmStartEpochs(form, plan).map((epochs) => warmStart(setting, epochs, specs[first]!, secondFair)),
  ]);
  const gradient: Found = {
    ...{ name: 'gradient, hard target', architecture: own[first]!, note: '' },
    seconds: warmUpSeconds + results[first]!.seconds,
  };
  return {
    held,
    curves: await Promise.all(held.slice(0, plan.curveDevices).map((one) => curveOf(one, form.budgets, jobs))),
    warmUpSeconds,
    searchSeconds: results.map(({ seconds }) => seconds),
    searchRssBytes: results[first]!.rssBytes,
    proxy: proxyPruned!,
    forms: [gradient, reinforcePruned!, random!, evolved!],
    warmStarts: warm,
    control: { name: 'drawn at random', architecture: pathToArchitecture(supernet, control), seconds: 0, note: '' },
  };
}

export function chosenOf({ tries, chosen }: Held): Architecture {
  return tries[chosen]!.architecture;
}

async function prunedAgain(
  name: string,
  seconds: number,
  prune: () => Promise<{ architecture: Architecture }>,
): Promise<Found> {
  return { name, architecture: (await prune()).architecture, seconds, note: '' };
}

/** Networks of the budget, drawn at random and trained on most images; the one that is best on the others. */
async function randomSearch({ plan, images, jobs }: Setting, constraint: Held['constraint']): Promise<Found> {
  const random = Random.named(searchSeed, 'random search');
  const drawn = Array.from({ length: plan.randomArchitectures }, () =>
    pathToArchitecture(supernet, drawWithin(constraint, random)),
  );
  const results = await all(
    drawn.map((architecture, i) => jobs.train(`random search, ${i + 1}`, images.selection, architecture, searchSeed)),
  );
  const scores = results.map(({ metrics }) => metrics.evaluation.top1);
  return {
    name: 'random search',
    architecture: drawn[scores.indexOf(Math.max(...scores))]!,
    seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
    note: `best of ${drawn.length} on held-out training images`,
  };
}

async function evolution(
  { form, work, jobs }: Setting,
  prefix: string,
  warmUp: ReturnType<typeof warmUpSpec>,
  supernetSeconds: number,
  constraint: Held['constraint'],
): Promise<Found> {
  const task = { work, prefix, warmUp, constraint, ...form.evolution };
  const { architecture, seconds, scored }: EvolutionResult = await kept(work, 'evolution', evolutionResultSchema, () =>
    jobs.workers.inTurn(() => runTask('evolution-task', task, evolutionResultSchema)),
  );
  return {
    ...{ name: 'evolution', architecture, seconds: supernetSeconds + seconds },
    note: `${scored} networks scored in ${seconds.toFixed(0)} s on a supernet trained on uniform paths`,
  };
}

/** Shares of the search's epochs, each number once. */
function warmStartEpochs({ warmStartShares }: Form, { searchEpochs }: Plan): number[] {
  return [...new Set(warmStartShares.map((share) => Math.max(1, Math.round(share * searchEpochs))))];
}

/** Path logits alone are learned. */
async function warmStart(
  { plan, images, jobs }: Setting,
  searchEpochs: number,
  from: SearchSpec,
  constraint: Held['constraint'],
): Promise<Found> {
  const schedule = { ...searchSchedule(plan), searchEpochs };
  const spec = searchSpec({ data: images.whole, schedule, constraint, warmStart: from });
  const name = `warm start, ${searchEpochs} epochs`;
  const { architecture, seconds } = await jobs.run(name, spec, (plan.searchSeconds * searchEpochs) / plan.searchEpochs);
  return { name, architecture, seconds, note: '' };
}

/** Networks of evenly spread latency, the device's own among them. */
async function curveOf(held: Held, count: number, { workers }: Jobs): Promise<Architecture[]> {
  const { points } = await workers.read(held.pruned, 'pareto.json', paretoSchema);
  const own = held.tries[held.chosen]!;
  const cheaper = points
    .filter(({ latencyMs }) => latencyMs < 0.97 * held.constraint.budgetMs)
    .map(({ architecture }) => architecture);
  const all = [...spread(cheaper, count - 1), own.architecture];
  return [...new Map(all.map((each) => [architectureId(each), each])).values()];
}

/** `count` of the items at even distances in their order, first and last among them; all where there are fewer. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  const at = Array.from({ length: count }, (_, i) => Math.round((i * (items.length - 1)) / Math.max(1, count - 1)));
  return at.map((i) => items[i]!);
}
