/** @file What the search benchmark reports. */
import type { Architecture } from '../../shared/contract/architecture.ts';
import { median } from '../../shared/latency/statistics.ts';
import type { Measurement } from './report.ts';
import type { Cell, Trained } from './search-cells.ts';
import type { Form } from './search-forms.ts';
import { deviation, mean, meanInterval } from './search-statistics.ts';

/** Of one whole network, milliseconds. */
export interface Latency {
  predictedMs: number;
  measuredMs: number;
}

/** @param minutes wall time of this run */
export function searchRows(
  form: Form,
  cells: readonly Cell[],
  latencies: ReadonlyMap<Architecture, Latency>,
  minutes: number,
): Measurement[] {
  const budgets = [...new Set(cells.map(({ budgetMs }) => budgetMs))];
  return [
    ...comparison(form, cells),
    ...budgets.flatMap((budgetMs) => {
      const mine = cells.filter((cell) => cell.budgetMs === budgetMs);
      return [accuracy(mine), ...latencyRows(mine, latencies)];
    }),
    ...times(form, cells, minutes),
  ];
}

/** The pooled differences; the smoke form trains too little for a target. */
function comparison(form: Form, cells: readonly Cell[]): Measurement[] {
  const differences = cells.map(({ found, random }) => percent(found) - median(random.map(percent)));
  const { mean: middle, low, high } = meanInterval(differences);
  const wins = cells.filter(({ found, random }) => random.every(({ top1 }) => top1 < found.top1)).length;
  const peers = form.randomArchitectures;
  return [
    {
      name: 'found − median of random, top-1',
      value: middle,
      unit: 'points',
      note: `mean of ${cells.length} pairs (budget, seed): ${differences.map(signed).join(', ')}; ${settings(form)}`,
    },
    {
      name: 'its 95 % interval, lower end',
      value: low,
      unit: 'points',
      ...(form.name === 'smoke' ? {} : { target: { above: 0 } }),
      note: `${low.toFixed(2)} to ${high.toFixed(2)}, Student's t`,
    },
    {
      name: 'found beats the best random one',
      value: wins,
      unit: `of ${cells.length}`,
      baseline: cells.length / (peers + 1),
      note: `baseline: what chance would give against ${peers} random ones`,
    },
  ];
}

function settings({ images, search, training, randomArchitectures }: Form): string {
  const data = images === null ? 'all images' : `${images.train} training and ${images.test} test images`;
  return (
    `CIFAR-10, ${data}; search ${search.warmupEpochs} + ${search.searchEpochs} epochs, ` +
    `an architecture step every ${search.weightStepsPerArchitectureStep} weight steps; ` +
    `each trained ${training.epochs} epochs from scratch; ${randomArchitectures} random architectures a pair`
  );
}

function accuracy(cells: readonly Cell[]): Measurement {
  const found = cells.map((cell) => percent(cell.found));
  const random = cells.flatMap((cell) => cell.random.map(percent));
  const spread = (values: readonly number[]) =>
    `sd ${deviation(values).toFixed(1)}, ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
  return {
    name: `${cells[0]!.budgetMs} ms: found, top-1`,
    value: mean(found),
    unit: '%',
    baseline: mean(random),
    note: `mean of ${found.length} (${spread(found)}); baseline: ${random.length} random ones (${spread(random)})`,
  };
}

function latencyRows(cells: readonly Cell[], latencies: ReadonlyMap<Architecture, Latency>): Measurement[] {
  const of = (trained: readonly Trained[], kind: keyof Latency) =>
    trained.map(({ architecture }) => latencies.get(architecture)![kind]);
  const found = cells.map((cell) => cell.found);
  const random = cells.flatMap((cell) => cell.random);
  const all = [...found, ...random];
  const measured = of(all, 'measuredMs');
  const errors = of(all, 'predictedMs').map((predicted, i) => 100 * (predicted / measured[i]! - 1));
  const budget = cells[0]!.budgetMs;
  const row = (name: string, kind: keyof Latency, note: string): Measurement => ({
    name: `${budget} ms: found, ${name} latency`,
    value: mean(of(found, kind)),
    unit: 'ms',
    baseline: mean(of(random, kind)),
    note,
  });
  return [
    row(
      'predicted',
      'predictedMs',
      `highest ${Math.max(...of(found, 'predictedMs')).toPrecision(4)}; baseline: random`,
    ),
    row(
      'measured',
      'measuredMs',
      `predicted against measured over all ${all.length}: median ${signed(median(errors))} %, ` +
        `${signed(Math.min(...errors))} to ${signed(Math.max(...errors))} %`,
    ),
  ];
}

function times(form: Form, cells: readonly Cell[], minutes: number): Measurement[] {
  const searches = cells.map(({ search }) => search.seconds);
  const trainings = cells.flatMap(({ found, random }) => [found, ...random]).map(({ seconds }) => seconds);
  const decided = cells.map(({ search }) => search.metrics.search!);
  return [
    {
      name: 'search time',
      value: median(searches),
      unit: 's',
      baseline: median(trainings),
      note:
        `median, one process a core; ${Math.min(...searches).toFixed(0)} to ${Math.max(...searches).toFixed(0)}; ` +
        `baseline: one training; ${decided[0]!.imagePasses} image passes; mean highest path probability ` +
        `${mean(decided.map(({ meanTopProbability }) => meanTopProbability)).toFixed(2)}; blocks changed by the budget ` +
        decided.map(({ blocksDifferingFromArgmax }) => blocksDifferingFromArgmax).join(', '),
    },
    {
      name: 'all of it',
      value: minutes,
      unit: 'min',
      ...(form.name === 'quick' ? { target: { atMost: 15 } } : {}),
      note: 'wall time of this run; what an earlier run in the same folder had finished is not in it',
    },
  ];
}

function percent({ top1 }: Trained): number {
  return 100 * top1;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
}
