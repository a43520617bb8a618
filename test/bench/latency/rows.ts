/** @file The report of the latency benchmark: means over devices, by number of timings, and the worst device. */
import type { Measurement, Target } from '../report.ts';
import type { DrawScores } from './draw.ts';
import type { LatencyFile } from './file.ts';
import { mean, meanScores, type Scores } from './scores.ts';

type Kind = keyof DrawScores;

/** The numbers to reach, by number of timings. */
export type Goals = ReadonlyMap<number, Partial<Record<keyof Scores, Target>>>;

export function goalsOf({ index, form }: LatencyFile, split: boolean): Goals {
  if (index === 'nb201_index') {
    if (split) return new Map([[10, { spearman: { atLeast: 0.955 } }]]);
    return new Map([[10, { spearman: { atLeast: 0.975 }, mape: { atMost: 4.5 }, within10: { atLeast: 90 } }]]);
  }
  return form === 'arch_json' ? new Map([[20, { spearman: { atLeast: 0.92 }, mape: { atMost: 4 } }]]) : new Map();
}

const leastCoverage = { atLeast: 0.88 };

export function latencyRows(
  results: ReadonlyMap<string, DrawScores[]>,
  counts: readonly number[],
  goals: Goals,
): Measurement[] {
  const rows: Measurement[] = [];
  for (const count of counts) {
    const [transfer, alone, operations] = (['transfer', 'alone', 'operations'] as const).map((kind) =>
      perDevice(results, kind, count),
    );
    if (transfer === undefined || transfer.size === 0) continue;
    const over = (devices: ReadonlyMap<string, Scores> | undefined) =>
      devices === undefined || devices.size === 0 ? undefined : meanScores([...devices.values()]);
    const [ours, without, baseline] = [over(transfer)!, over(alone), over(operations)];
    const spread = spreadOfDraws(results, count);
    const row = (name: string, key: keyof Scores, unit: string, note?: string): Measurement => ({
      name: `N = ${count}: ${name}`,
      value: ours[key],
      unit,
      ...(key === 'coverage' ? { target: leastCoverage } : {}),
      ...(goals.get(count)?.[key] === undefined ? {} : { target: goals.get(count)![key]! }),
      ...(baseline !== undefined && key !== 'coverage' ? { baseline: baseline[key] } : {}),
      note: [without === undefined ? '' : `without sources ${without[key].toFixed(3)}`, note ?? '']
        .filter(Boolean)
        .join('; '),
    });
    const worst = (key: keyof Scores, sign: 1 | -1) => {
      const [name, scores] = [...transfer].sort((a, b) => sign * (a[1][key] - b[1][key]))[0]!;
      return `worst ${name} ${scores[key].toFixed(3)}`;
    };
    rows.push(
      row('Spearman', 'spearman', '', `${worst('spearman', 1)}; sd of draws ${spread.toFixed(4)}`),
      row('Kendall', 'kendall', ''),
      row('MAPE', 'mape', '%', worst('mape', -1)),
      row('within ±10 %', 'within10', '%', worst('within10', 1)),
      row('90 % interval covers', 'coverage', '', worst('coverage', 1)),
    );
    const [least, lowest] = [...transfer].sort((a, b) => a[1].coverage - b[1].coverage)[0]!;
    rows.push({
      name: `N = ${count}: least coverage of a device`,
      value: lowest.coverage,
      unit: '',
      target: { atLeast: 0.8 },
      note: least,
    });
    const losses = [...transfer].map(
      ([name, scores]) => [name, scores.spearman - (alone!.get(name)?.spearman ?? -1)] as const,
    );
    const [device, change] = losses.sort((a, b) => a[1] - b[1])[0]!;
    if (alone!.size > 0) {
      rows.push({
        name: `N = ${count}: least Spearman gained by sources`,
        value: change,
        unit: '',
        target: { atLeast: -0.01 },
        note: device,
      });
    }
  }
  return rows;
}

function perDevice(results: ReadonlyMap<string, DrawScores[]>, kind: Kind, count: number): Map<string, Scores> {
  const devices = new Map<string, Scores>();
  for (const [name, draws] of results) {
    const scores = draws.flatMap((one) => one[kind].get(count) ?? []);
    if (scores.length > 0) devices.set(name, meanScores(scores));
  }
  return devices;
}

/** Standard deviation over draws of the mean Spearman over devices. */
function spreadOfDraws(results: ReadonlyMap<string, DrawScores[]>, count: number): number {
  const draws = [...results.values()][0]!.length;
  const means = Array.from({ length: draws }, (_, i) =>
    mean([...results.values()].map((all) => all[i]!.transfer.get(count)!.spearman)),
  );
  const middle = mean(means);
  return Math.sqrt(mean(means.map((value) => (value - middle) ** 2)));
}
