/**
 * @file Latency models of devices never seen before, from few timings, against simpler ways.
 *
 *     npx tsx test/bench/latency.ts --data FILE.csv.gz [--leave-out A,B] [--targets A,B] [--choose plan|random]
 *                                   [--draws N] [--quick] [--out FILE]
 */
import { parseArgs } from 'node:util';
import { Random } from '../../shared/random.ts';
import { type DrawScores, draw } from './latency/draw.ts';
import { readLatencyFile } from './latency/file.ts';
import { latencyRows } from './latency/rows.ts';
import { prepareSuite, settingFor } from './latency/suite.ts';
import { predictionTimes } from './latency/time.ts';
import { report } from './report.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    'leave-out': { type: 'string' },
    targets: { type: 'string' },
    choose: { type: 'string', default: 'plan' },
    draws: { type: 'string' },
    quick: { type: 'boolean' },
    out: { type: 'string' },
  },
});
const names = (list: string | undefined) => list?.split(',').filter((name) => name !== '');

try {
  if (values.data === undefined) throw new Error('--data FILE.csv.gz says which timings to use');
  if (values.choose !== 'plan' && values.choose !== 'random') throw new Error('--choose is plan or random');
  const file = readLatencyFile(values.data);
  const leaveOut = names(values['leave-out']) ?? [];
  const targets = names(values.targets) ?? [...file.devices.keys()].filter((name) => !leaveOut.includes(name));
  const unknown = [...leaveOut, ...targets].find((name) => !file.devices.has(name));
  if (unknown !== undefined)
    throw new Error(`${values.data} has no device ${unknown}: ${[...file.devices.keys()].join(', ')}`);
  const counts = values.quick ? [10, 20] : [0, 5, 10, 20, 50];
  const draws = Number(values.draws ?? (values.quick ? 2 : 20));

  // Targets of a given split never serve as sources of each other.
  const given = names(values.targets) ?? [];
  const suite = prepareSuite(file, leaveOut);
  const results = new Map<string, DrawScores[]>();
  for (const target of targets) {
    const others = given.filter((name) => name !== target);
    const settings = {
      transfer: settingFor(suite, target, others),
      alone: settingFor(suite, target, [...suite.models.keys()]),
    };
    results.set(
      target,
      Array.from({ length: draws }, (_, i) =>
        draw(suite, target, settings, { counts, choose: values.choose as 'plan' | 'random' }, Random.named(i, target)),
      ),
    );
    if (process.stderr.isTTY) process.stderr.write(`\r${results.size} of ${targets.length} devices `);
  }
  const backend = `timings chosen by ${values.choose}, ${draws} draws a device`;
  report({
    bench: 'latency',
    rows: [...latencyRows(results, counts), ...predictionTimes(suite, targets[0]!)],
    backend,
    out: values.out,
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
