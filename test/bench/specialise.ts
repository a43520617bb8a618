/**
 * @file The method's claims at a size that one machine carries: a network for each of three devices measured here, every
 * network timed on every device, curves against MobileNetV2's shape in widths, and search against other ways to search,
 * on CIFAR-10.
 *
 *     npx tsx test/bench/specialise.ts [--quick] [--minutes N] [--work DIR] [--out FILE]
 *
 * The whole takes about so many minutes of all cores. The work folder keeps every stage; the same command goes on there.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { selectBackend } from '../../batch/backend/select.ts';
import { report } from './report.ts';
import { Workers } from './search-worker.ts';
import { forms } from './specialise/forms.ts';
import { runProof } from './specialise/proof.ts';
import { rowsOf } from './specialise/rows.ts';
import { Stopwatch } from './specialise/stopwatch.ts';
import { writeResults } from './specialise/write-results.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '150' },
    work: { type: 'string' },
    out: { type: 'string' },
  },
});

try {
  const minutes = Number(values.minutes);
  if (!Number.isInteger(minutes) || minutes < 30 || minutes > 3000) {
    throw new Error(`--minutes is a whole number from 30 to 3000, not ${values.minutes}`);
  }
  const form = forms[values.quick ? 'quick' : 'full'];
  const work = resolve(values.work ?? join('fastpath-results', `bench-specialise${values.quick ? '-quick' : ''}`));
  await mkdir(work, { recursive: true });
  console.error(`results are kept in ${work}: the same command goes on from there`);
  const { line } = await selectBackend('tensorflow');
  const stopwatch = new Stopwatch(work);
  const proof = await runProof(form, values.quick ? null : minutes, work, new Workers(work));
  const made = report({ bench: 'specialise', rows: rowsOf(proof, stopwatch.stop()), backend: line, out: values.out });
  writeResults(proof, made, work);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
