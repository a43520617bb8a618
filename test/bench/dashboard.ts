/**
 * @file The dashboard: server time of each page with 10,000 searches in the database, and the page of a search that is
 * fed 10 records a second in a real browser.
 *
 *     npx tsx test/bench/dashboard.ts [--quick] [--out FILE] [--part pages|live]
 */
import { liveRows } from './dashboard-live.ts';
import { pageRows } from './dashboard-pages.ts';
import { benchArguments, type Measurement, report } from './report.ts';

const parts = ['pages', 'live'] as const;
const { quick, out, part } = benchArguments(undefined, { part: parts });

const rowsOf: Record<(typeof parts)[number], () => Promise<Measurement[]>> = {
  pages: () => pageRows({ searches: 10_000, visits: quick ? 10 : 50 }),
  live: () => liveRows({ seconds: quick ? 30 : 600 }),
};

const rows: Measurement[] = [];
for (const name of parts) {
  if (part === undefined || part === name) rows.push(...(await rowsOf[name]()));
}
report({ bench: 'dashboard', rows, backend: 'PGlite, directory store; no backend: nothing is trained', out });
