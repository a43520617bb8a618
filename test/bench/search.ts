/**
 * @file The search against chance: architectures found for two budgets, against random ones of the same latency, all
 * trained from scratch equally long on CIFAR-10.
 *
 *     npx tsx test/bench/search.ts [--quick | --smoke] [--work DIR] [--out FILE]
 *
 * Without either word the full form runs: hours, for a native backend. `--work` keeps all that is trained; given again,
 * the benchmark goes on there.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { selectBackend } from '../../batch/backend/select.ts';
import { BrowserRunner } from '../../functions/local/measure/browser-runner.ts';
import { report } from './report.ts';
import { latencyModel, runCells } from './search-cells.ts';
import { searchData } from './search-data.ts';
import { forms } from './search-forms.ts';
import { measuredMs } from './search-latency.ts';
import { searchRows } from './search-rows.ts';
import { Workers } from './search-worker.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    smoke: { type: 'boolean' },
    work: { type: 'string' },
    out: { type: 'string' },
  },
});
const form = forms[values.smoke ? 'smoke' : values.quick ? 'quick' : 'full'];
const work = values.work === undefined ? await mkdtemp(join(tmpdir(), 'fastpath-bench-')) : resolve(values.work);
try {
  await mkdir(work, { recursive: true });
  const backend = await selectBackend();
  const begun = performance.now();
  const cells = await runCells(form, await searchData(form.images, work), new Workers(work));
  const architectures = cells.flatMap(({ found, random }) => [found, ...random].map((one) => one.architecture));
  const measured = await measuredMs(architectures, form.latencyRounds, await BrowserRunner.open(1));
  const latencies = new Map(
    architectures.map((architecture, i) => {
      const predictedMs = latencyModel.predict(architecture).latencyUs / 1000;
      return [architecture, { predictedMs, measuredMs: measured[i]! }] as const;
    }),
  );
  const minutes = (performance.now() - begun) / 60_000;
  report({
    bench: 'search',
    rows: searchRows(form, cells, latencies, minutes),
    backend: backend.line,
    out: values.out,
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  if (values.work === undefined) await rm(work, { recursive: true, force: true });
}
