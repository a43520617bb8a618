/**
 * @file The service as its users meet it: predictions at a fixed rate through keys, limits and metering; a server that is
 * killed under load; hundreds of followers of one search; a thousand orders at once; the bundle for Lambda.
 *
 *     npx tsx test/bench/api.ts [--quick] [--out FILE] [--part load|kill|followers|orders|bundle]
 */
import { bundleRows } from './api-bundle.ts';
import { followerRows } from './api-followers.ts';
import { killRows } from './api-kill.ts';
import { loadRows } from './api-load.ts';
import { orderRows } from './api-orders.ts';
import { benchArguments, type Measurement, report } from './report.ts';

const parts = ['load', 'kill', 'followers', 'orders', 'bundle'] as const;
const { quick, out, part } = benchArguments(undefined, { part: parts });

const rowsOf: Record<(typeof parts)[number], () => Promise<Measurement[]>> = {
  load: () => loadRows(quick ? { rounds: 1, seconds: 4 } : { rounds: 3, seconds: 20 }),
  kill: () => killRows(quick ? 1 : 5),
  followers: () => followerRows({ followers: 500, records: quick ? 100 : 400 }),
  orders: () => orderRows(quick ? { orders: 200, twice: 20 } : { orders: 1000, twice: 100 }),
  bundle: () => bundleRows(quick ? 5 : 25),
};

const rows: Measurement[] = [];
for (const name of parts) {
  if (part === undefined || part === name) rows.push(...(await rowsOf[name]()));
}
report({ bench: 'api', rows, backend: 'PGlite, directory store; no backend: nothing is trained', out });
