/**
 * @file Many tiny searches on WebAssembly whose machines are taken away again and again, with a store that drops
 * connections and asks to slow down: all end, with the result of an undisturbed run to the last bit, and every second
 * of every attempt is metered and charged once.
 *
 *     npm run test:faults -- [--searches 50] [--seed 1] [--out FILE]
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { killedExitCode } from '../../../shared/queue/job-queue.ts';
import { Random } from '../../../shared/random.ts';
import { type Measurement, report } from '../../bench/report.ts';
import { removeRoot } from '../../integration/service.ts';
import type { Shares } from '../../services/breaking-line.ts';
import { tinyBudgetMs } from '../tiny-search.ts';
import { Reclaims } from './reclaims.ts';
import { type Form, Service } from './service.ts';
import { billFaults, differences, type Ended, lookAt } from './verdict.ts';

/** 1 % of connections dropped, half of them in the middle of an answer, and 2 % of requests refused. */
const faulty: Shares = { refused: 0.02, answerLost: 0.005, bodyCut: 0.005 };
/** Searches that share a reference. */
const searchesPerForm = 5;

const common = {
  space: 'tiny',
  targets: [{ hardware: builtInModels[0]!.hardware.id, budgetMs: tinyBudgetMs }],
  schedule: { batchSize: 16, warmupEpochs: 1, searchEpochs: 3 },
};
const training = { epochs: 3, batchSize: 16, keepBest: true, averageDecay: 0.9, mixupAlpha: 0.2 };
/** One of these with a seed of its own is what a search asks for. */
const kinds: readonly Omit<Form, keyof typeof common>[] = [
  { training },
  { method: 'reinforce' },
  { training, exports: ['onnx', 'tfjs'] },
  { latencyLoss: 'multiplicative' },
];

function formOf(index: number): Form {
  return { ...common, ...kinds[index % kinds.length]!, seed: index };
}

interface Search {
  id: string;
  form: number;
}

const { searches: wanted, seed, out } = options();
const started = performance.now();
const root = await mkdtemp(join(tmpdir(), 'fastpath-faults-'));
const reclaims: Reclaims = new Reclaims((jobId) => service.batch.reclaim(jobId));
const service = await Service.start(root, seed, (event) => reclaims.onEvent(event));
const faults: string[] = [];
try {
  report({ bench: 'faults', rows: await run(), backend: 'WebAssembly', out });
} finally {
  await service.stop();
  await removeRoot(root);
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

function options() {
  const usual = { searches: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } } as const;
  const { values } = parseArgs({ options: { ...usual, out: { type: 'string' } } });
  const [searches, seed] = [Number(values.searches), Number(values.seed)];
  if (!(Number.isInteger(searches) && searches > 0 && Number.isInteger(seed))) {
    throw new Error('--searches is a whole number from 1, and --seed a whole number');
  }
  return { searches, seed, out: values.out };
}

async function run(): Promise<Measurement[]> {
  const forms = Math.max(Math.min(wanted, kinds.length), Math.ceil(wanted / searchesPerForm));
  const references = await ended(await order(Array.from({ length: forms }, (_, form) => form)));
  service.line.shares = faulty;
  const disturbed: Ended[] = [];
  const escaped: (Ended & Search)[] = [];
  let unequal = 0;
  for (let due = Array.from({ length: wanted }, (_, i) => i % forms); due.length > 0; ) {
    const searches = await order(due, (search, i) => {
      const random = Random.named(seed, `reclaims of search ${disturbed.length + i}`);
      reclaims.plan(search.id, 1000 * needs(search.form, references, escaped), random);
    });
    const some = await ended(searches);
    for (const [i, { hashes }] of some.entries()) {
      const files = differences(hashes, references[searches[i]!.form]!.hashes);
      if (files.length === 0) continue;
      unequal++;
      faults.push(`${searches[i]!.id}: not as in the undisturbed run: ${files.join(', ')}`);
    }
    disturbed.push(...some);
    // Ended before their machine could be taken: their like is to be met once more.
    const early = searches.map((search, i) => ({ ...some[i]!, ...search })).filter((each) => each.reclaims === 0);
    escaped.push(...early);
    due = early.map(({ form }) => form);
  }
  return rows(references, disturbed, unequal);
}

/** Seconds of a search that nothing disturbs: of those that did the same work, the one that was held up least. */
function needs(form: number, references: readonly Ended[], escaped: readonly (Ended & Search)[]): number {
  const kind = form % kinds.length;
  const known = [...references.map((each, i) => ({ ...each, form: i })), ...escaped];
  return Math.min(...known.filter((each) => each.form % kinds.length === kind).map(({ seconds }) => seconds));
}

async function rows(references: Ended[], disturbed: Ended[], unequal: number): Promise<Measurement[]> {
  const sum = (of: (ended: Ended) => number) => disturbed.reduce((total, ended) => total + of(ended), 0);
  const all = [...references, ...disturbed];
  const bill = await billFaults(
    service,
    all.reduce((total, { seconds }) => total + seconds, 0),
  );
  const wrong = all.flatMap((ended) => ended.faults);
  faults.push(...wrong, ...bill);
  const met = disturbed.filter((ended) => ended.reclaims > 0);
  const counts = disturbed.map((ended) => ended.reclaims);
  const none = { atMost: 0 };
  const { failures, drops } = service.line;
  return [
    {
      name: 'searches whose machine was taken',
      ...{ value: met.length, unit: 'searches', target: { atLeast: wanted } },
      note: `${references.length} undisturbed ones beside them; ${disturbed.length - met.length} more ended before it was`,
    },
    { name: 'results that differ from the undisturbed run’s', value: unequal, unit: 'searches', target: none },
    {
      name: 'searches that failed, usage lost or double',
      value: wrong.length + bill.length,
      unit: 'faults',
      target: none,
    },
    {
      name: 'machines taken',
      ...{ value: sum((ended) => ended.reclaims), unit: 'times' },
      note: `${Math.min(...counts)} to ${Math.max(...counts)} a search; ${sum(killed)} workers had not saved in time`,
    },
    { name: 'compute metered', value: sum((ended) => ended.seconds), unit: 's' },
    { name: 'connections dropped', value: drops, unit: 'times' },
    {
      name: 'SlowDowns',
      value: failures - drops,
      unit: 'times',
      note: `${service.failures.length} tries had to be repeated by the service`,
    },
    { name: 'duration', value: (performance.now() - started) / 1000, unit: 's' },
  ];
}

function killed({ job }: Ended): number {
  return job.attempts.filter(({ exitCode }) => exitCode === killedExitCode).length;
}

/** @param ordered told of each before it is submitted */
async function order(forms: readonly number[], ordered?: (search: Search, index: number) => void): Promise<Search[]> {
  const searches: Search[] = [];
  for (const [i, form] of forms.entries()) {
    const { searches: placed } = await service.order(formOf(form));
    const search = { id: placed[0]!.id, form };
    ordered?.(search, i);
    searches.push(search);
  }
  service.wake();
  return searches;
}

/** Waits for all, and tells of each. */
async function ended(searches: readonly Search[]): Promise<Ended[]> {
  const byId = new Map<string, Ended>();
  while (byId.size < searches.length) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const over = await service.over();
    for (const { id, form } of searches) {
      if (byId.has(id) || !over.has(id)) continue;
      const search = await lookAt(service, id);
      byId.set(id, search);
      const exits = search.job.attempts.map(({ exitCode }) => exitCode).join(', ');
      console.log(
        `${byId.size}/${searches.length} ${id} (form ${form}): machine taken ${search.reclaims} times, exit codes ${exits}, ${search.seconds.toFixed(1)} s`,
      );
      for (const fault of search.faults) console.log(`  ${fault}`);
    }
  }
  return searches.map(({ id }) => byId.get(id)!);
}
