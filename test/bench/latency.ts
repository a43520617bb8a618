/**
 * @file Latency models of devices never seen before, from few timings, against simpler ways.
 *
 *     npx tsx test/bench/latency.ts --data FILE.csv.gz [--leave-out A,B] [--targets A,B] [--choose plan|random]
 *                                   [--draws N] [--quick] [--out FILE]
 *     npx tsx test/bench/latency.ts --table TABLE.json
 *
 * The first is about devices known by a few timings, the second about one that was measured by a full plan.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../shared/random.ts';
import { deviceRows } from './latency/device-rows.ts';
import { type DrawScores, draw } from './latency/draw.ts';
import { readLatencyFile } from './latency/file.ts';
import { goalsOf, latencyRows } from './latency/rows.ts';
import { prepareSuite, settingFor } from './latency/suite.ts';
import { predictionTimes } from './latency/time.ts';
import { type Measurement, report } from './report.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    table: { type: 'string' },
    'leave-out': { type: 'string' },
    targets: { type: 'string' },
    choose: { type: 'string', default: 'plan' },
    draws: { type: 'string' },
    quick: { type: 'boolean' },
    out: { type: 'string' },
  },
});
const names = (list: string | undefined) => list?.split(',').filter((name) => name !== '');

/** Devices known by a few timings each. @throws Error with the line to show */
function fewTimings(data: string): { rows: Measurement[]; how: string } {
  const { choose } = values;
  if (choose !== 'plan' && choose !== 'random') throw new Error('--choose is plan or random');
  const file = readLatencyFile(data);
  const leaveOut = names(values['leave-out']) ?? [];
  const targets = names(values.targets) ?? [...file.devices.keys()].filter((name) => !leaveOut.includes(name));
  const unknown = [...leaveOut, ...targets].find((name) => !file.devices.has(name));
  if (unknown !== undefined) throw new Error(`${data} has no ${unknown}: ${[...file.devices.keys()].join(', ')}`);
  const both = targets.find((name) => leaveOut.includes(name));
  if (both !== undefined) throw new Error(`${both} is left out and a target`);
  const counts = values.quick ? [10, 20] : [0, 5, 10, 20, 50];
  const draws = Number(values.draws ?? (values.quick ? 2 : 20));
  if (!(Number.isInteger(draws) && draws > 0)) throw new Error('--draws is a whole number over 0');

  const suite = prepareSuite(file, leaveOut);
  const results = new Map<string, DrawScores[]>();
  for (const target of targets) {
    // Devices of a given split are never sources of each other.
    const others = values.targets === undefined ? [] : targets;
    const settings = {
      transfer: settingFor(suite, target, others),
      alone: settingFor(suite, target, [...suite.models.keys()]),
    };
    results.set(
      target,
      Array.from({ length: draws }, (_, i) =>
        draw(suite, target, settings, { counts, choose }, Random.named(i, target)),
      ),
    );
    if (process.stderr.isTTY) process.stderr.write(`\r${results.size} of ${targets.length} devices `);
  }
  const goals = goalsOf(file, values.targets !== undefined);
  return {
    rows: [...latencyRows(results, counts, goals), ...predictionTimes(suite, targets[0]!)],
    how: `timings chosen by ${choose}, ${draws} draws a device`,
  };
}

try {
  const { data, table } = values;
  if ((data === undefined) === (table === undefined))
    throw new Error('give either --data FILE.csv.gz or --table TABLE.json');
  const { rows, how } =
    data === undefined ? { rows: deviceRows(table!), how: `timings of ${table}` } : fewTimings(data);
  report({ bench: 'latency', rows, backend: how, out: values.out });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
