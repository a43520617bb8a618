/**
 * @file A search against the usual network: on Imagenette (10 classes of ImageNet, 1,800 training images) at 96 pixels, a
 * network searched for this kind of processor and trained, against one of MobileNetV2's shape that is measured to be as
 * slow or slower, trained equally long.
 *
 *     npx tsx test/bench/imagenette.ts [--quick] [--minutes-per-seed N] [--seeds N] [--work DIR] [--out FILE]
 *
 * Each seed takes about so many minutes of all cores. The work folder keeps every search and training; the same command
 * goes on there, with the plan that it holds.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { selectBackend } from '../../batch/backend/select.ts';
import { keptPlan } from './imagenette/plan.ts';
import { imagenetteRows } from './imagenette/rows.ts';
import { runSeeds } from './imagenette/seeds.ts';
import { report } from './report.ts';
import { Workers } from './search-worker.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'minutes-per-seed': { type: 'string', default: '90' },
    seeds: { type: 'string' },
    work: { type: 'string' },
    out: { type: 'string' },
  },
});

try {
  const minutes = wholeNumber('minutes-per-seed', values['minutes-per-seed'], 1000);
  const seeds = wholeNumber('seeds', values.seeds ?? (values.quick ? '2' : '3'), 20);
  const root = resolve(import.meta.dirname, '../..');
  const data = join(resolve(root, process.env.FASTPATH_TEST_DATA ?? '../shared/data'), 'imagenette224');
  if (!existsSync(data)) throw new Error(`${data} is missing: put the shards there or set FASTPATH_TEST_DATA`);
  const work = resolve(values.work ?? join('fastpath-results', `bench-imagenette${values.quick ? '-quick' : ''}`));
  await mkdir(work, { recursive: true });
  console.error(`results are kept in ${work}: the same command goes on from there`);
  const { line } = await selectBackend('tensorflow');
  const begun = performance.now();
  const workers = new Workers(work);
  const plan = await keptPlan(work, { minutes: values.quick ? null : minutes, data }, workers);
  const pairs = await runSeeds(plan, { seeds, data, work }, workers);
  const tookMinutes = (performance.now() - begun) / 60_000;
  report({ bench: 'imagenette', rows: imagenetteRows(pairs, plan, tookMinutes), backend: line, out: values.out });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`--${name} is a whole number from 1 to ${most}, not ${text}`);
}
