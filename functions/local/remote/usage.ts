/** @file `fastpath usage`: what was used in a month, and what is left. */
import { bytes, duration, table } from '../../../shared/format.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { type ApiFlags, connectTo } from './connect.ts';
import { usd } from './listing.ts';

export interface UsageFlags extends ApiFlags {
  month?: string;
  csv?: boolean;
}

export async function showUsage({ month, csv, ...flags }: UsageFlags, console: Console): Promise<void> {
  const fastpath = await connectTo(flags);
  const asked = month === undefined ? {} : { month };
  if (csv) {
    console.out.write(await fastpath.usage.csv(asked));
    return;
  }
  const [usage, credit] = await Promise.all([fastpath.usage.get(asked), fastpath.credit.get()]);
  if (flags.json) return writeJson(console, { ...usage, credit });
  const line = (text: string) => writeLine(console.out, text);
  line(`${usage.month}: ${usd(usage.costUsd)}`);
  line(`  ${duration(usage.computeSeconds)} of compute, ${usage.predictions} predictions`);
  line(`  ${bytes(usage.storageByteDays)} kept for a day`);
  const limit = credit.monthLeftUsd === null ? '' : `, ${usd(credit.monthLeftUsd)} left of the monthly limit`;
  line(`credit: ${usd(credit.availableUsd)} available, ${usd(credit.reservedUsd)} reserved${limit}`);
  if (usage.searches.length === 0) return;
  const rows = usage.searches.map(({ searchId, attempts, computeSeconds, costUsd }) => [
    searchId,
    String(attempts),
    `${computeSeconds} s`,
    usd(costUsd),
  ]);
  console.out.write(`\n${table([['search', 'attempts', 'compute', 'cost'], ...rows])}`);
}
