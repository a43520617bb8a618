/** @file `fastpath search --api URL`: orders the search there, shows how it goes, and brings what it found. */
import type { Estimate, EstimateInput } from '../../../shared/contract/api/orders.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { duration } from '../../../shared/format.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { readSpace } from '../input-file.ts';
import { claimOutFolder, searchMark } from '../out-folder.ts';
import { checkFlags, type SearchFlags, searchForm } from '../search-flags.ts';
import { type ApiFlags, connectTo } from './connect.ts';
import { findDataSet } from './datasets.ts';
import { usd } from './listing.ts';
import { deliverOrder } from './orders.ts';
import { placeOnce } from './placed-once.ts';

/** The least that may be reserved: for a service that charges nothing. */
const leastUsd = 0.000001;

export interface SearchThereFlags extends SearchFlags, ApiFlags {
  out?: string;
  /** USD */
  maxCost?: number;
  verify?: boolean;
  cache?: string;
}

/** The exit code. Without `--max-cost` nothing that costs is ordered. */
export async function searchThere(flags: SearchThereFlags, console: Console): Promise<number> {
  checkFlags(flags);
  if (flags.verify) {
    throw new FastpathError('flags.verify', '--verify times on this machine: fetch the result, then fastpath time it');
  }
  if (flags.cache !== undefined) {
    throw new FastpathError('flags.cache', '--cache is for searches on this machine: leave it or --api out');
  }
  const fastpath = await connectTo(flags);
  // Before anything is paid for; the search that it will be claimed for has no id yet.
  if (flags.out !== undefined) await claimOutFolder(flags.out, null, searchMark);
  const { id: dataSetId } = await findDataSet(fastpath, flags.data);
  const wanted = { ...(await orderOf(flags)), dataSetId };
  const estimate = await fastpath.orders.estimate(wanted);
  if (!flags.json) sayEstimate(estimate, console);
  const maxCostUsd = flags.maxCost ?? (isFree(estimate) ? leastUsd : null);
  if (maxCostUsd === null) {
    throw new FastpathError(
      'flags.max-cost',
      'nothing was ordered: say with --max-cost what it may cost at most, in USD',
    );
  }
  const { order, again } = await placeOnce(fastpath, { ...wanted, maxCostUsd });
  if (again && !flags.json) writeLine(console.err, 'an earlier run of this command has ordered it already');
  const { id, searches } = order;
  const what = searches.length === 1 ? { search: searches[0]!.id } : { searches: searches.map((search) => search.id) };
  if (flags.json) writeJson(console, { type: 'order', id, ...what, estimate });
  else writeLine(console.err, `order ${id}${searches.length === 1 ? '' : ` of ${searches.length} searches`}`);
  return deliverOrder(fastpath, order, flags, console);
}

async function orderOf(flags: SearchThereFlags): Promise<Omit<EstimateInput, 'dataSetId'>> {
  return {
    space: /[./\\]/.test(flags.space) ? await readSpace(flags.space) : flags.space,
    targets: flags.hardware.map((hardware, i) => ({ hardware, budgetMs: flags.budgetMs[i]! })),
    // As on this machine: one network that keeps all budgets.
    mode: flags.each === true ? 'each' : 'joint',
    ...searchForm(flags),
    ...(flags.seeds === undefined ? {} : { seed: undefined, seeds: flags.seeds }),
  };
}

function isFree({ basis }: Estimate): boolean {
  return basis.price.pricePerHourUsd === 0;
}

function sayEstimate({ seconds, costUsd, basis, credit }: Estimate, console: Console): void {
  const say = (line: string) => writeLine(console.err, line);
  const { instanceType, pricePerHourUsd } = basis.price;
  const time = seconds === null ? 'compute time not known' : `about ${duration(seconds)} of compute`;
  const cost = costUsd === null ? 'cost not known' : `about ${usd(costUsd)}`;
  say(`estimate: ${time}, ${cost} (${instanceType} at ${usd(pricePerHourUsd)} an hour)`);
  for (const note of basis.notes) say(`  note: ${note}`);
  if (credit.sufficient === false) say(`  warning: only ${usd(credit.availableUsd)} of credit are available`);
}
