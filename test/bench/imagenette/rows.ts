/** @file What the comparison on Imagenette reports. */
import { duration } from '../../../shared/format.ts';
import type { Measurement } from '../report.ts';
import { mean, meanInterval } from '../search-statistics.ts';
import type { Plan } from './plan.ts';
import type { Pair } from './seeds.ts';

/** The test images are few: a smaller difference, in points, is called a tie. */
export const tiePoints = 3;

/** What `rows` are made of: accuracies in percent and measured milliseconds, an entry a seed. */
interface Compared {
  found: number[];
  baseline: number[];
}

/** @param tookMinutes wall time of this run */
export function imagenetteRows(pairs: readonly Pair[], plan: Plan, tookMinutes: number): Measurement[] {
  const top1: Compared = {
    found: pairs.map(({ found }) => 100 * found.metrics.evaluation.top1),
    baseline: pairs.map(({ baseline }) => 100 * baseline.metrics.evaluation.top1),
  };
  const latency: Compared = {
    found: pairs.map(({ chosen }) => chosen.foundMs),
    baseline: pairs.map(({ chosen }) => chosen.baselineMs),
  };
  const { images } = pairs[0]!.found.metrics.evaluation;
  const macs = (which: 'found' | 'baseline') => mean(pairs.map((pair) => pair[which].metrics.macs / 1e6));
  const { warmupEpochs, searchEpochs } = plan.search;
  return [
    differenceRow(top1),
    { ...row('top-1', '%', top1), note: `${images} test images; ${bySeed(top1)}` },
    { ...row('measured latency', 'ms', latency), note: `ONNX Runtime, one thread, in turn; ${bySeed(latency)}` },
    {
      ...{ name: 'multiply-adds', value: macs('found'), baseline: macs('baseline'), unit: 'M' },
      note: `baseline: MobileNetV2 × ${pairs.map(({ chosen }) => chosen.widthMultiplier).join(', ')}`,
    },
    {
      ...{ name: 'all of it', value: tookMinutes, unit: 'min' },
      note:
        `wall time of this run; what an earlier run in the same folder had finished is not in it. ` +
        `Searches: ${warmupEpochs} + ${searchEpochs} epochs, ${times(pairs.map(({ search }) => search.seconds))}; ` +
        `trainings: ${plan.training.epochs} epochs, ${times(pairs.flatMap(({ found, baseline }) => [found.seconds, baseline.seconds]))}`,
    },
  ];
}

/** The paired difference with its interval, and what it is called. */
export function differenceRow({ found, baseline }: Compared): Measurement {
  const { mean: middle, low, high } = meanInterval(found.map((value, i) => value - baseline[i]!));
  const surely = low > 0 || high < 0 ? '' : ', which chance may explain';
  const verdict =
    Math.abs(middle) < tiePoints
      ? 'a tie'
      : `${middle > 0 ? 'the found one is better' : 'the baseline is better'}${surely}`;
  return {
    ...{ name: 'top-1, found − baseline', value: middle, unit: 'points' },
    note: `paired over ${found.length} seeds, 95 % interval ${low.toFixed(1)} to ${high.toFixed(1)}: ${verdict}`,
  };
}

function row(name: string, unit: string, { found, baseline }: Compared): Measurement {
  return { name, value: mean(found), unit, baseline: mean(baseline) };
}

function bySeed({ found, baseline }: Compared): string {
  return found.map((value, i) => `${value.toPrecision(3)} against ${baseline[i]!.toPrecision(3)}`).join(', ');
}

function times(seconds: readonly number[]): string {
  return `${duration(Math.min(...seconds))} to ${duration(Math.max(...seconds))} each`;
}
