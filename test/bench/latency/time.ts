/** @file What one prediction costs, timed in a loop. */
import { fitTransfer, predictRow } from '../../../shared/latency/fit/fit-transfer.ts';
import type { Measurement } from '../report.ts';
import { type Suite, settingFor } from './suite.ts';

const predictions = 20_000;

export function predictionTimes(suite: Suite, target: string): Measurement[] {
  const setting = settingFor(suite, target, []);
  const latencies = suite.devices.get(target)!;
  const timed = Array.from({ length: 10 }, (_, i) => i * 7);
  const posterior = fitTransfer(
    { rows: timed.map((i) => setting.rows[i]!), latencies: timed.map((i) => latencies[i]!) },
    { ...setting, noise: 'constant' },
  );
  const { weights } = posterior;
  const mean = (row: Float64Array) => {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k]! * row[k]!;
    return sum;
  };
  return [
    { name: 'mean of one network', value: microseconds(setting.rows, mean), unit: 'us', target: { atMost: 1 } },
    {
      name: 'mean and interval of one network',
      value: microseconds(setting.rows, (row) => predictRow(posterior, row).deviation),
      unit: 'us',
      note: `all ${weights.length} features; shipped models hold fewer directions`,
    },
  ];
}

function microseconds(rows: readonly Float64Array[], predict: (row: Float64Array) => number): number {
  let sum = 0;
  const run = () => {
    const start = performance.now();
    for (let i = 0; i < predictions; i++) sum += predict(rows[i % rows.length]!);
    return (1000 * (performance.now() - start)) / predictions;
  };
  const times = [run(), run(), run(), run(), run()].sort((a, b) => a - b);
  return Number.isFinite(sum) ? times[2]! : Number.NaN;
}
