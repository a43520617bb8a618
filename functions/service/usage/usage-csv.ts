/** @file Usage as a table for spreadsheets (RFC 4180). */
import type { MonthlyUsage } from './monthly-usage.ts';

const header = ['month', 'item', 'searchId', 'quantity', 'unit', 'costUsd'];

/** One line for predictions, one for storage, one a search. Lines end in CRLF. */
export function usageCsv(usage: MonthlyUsage): string {
  const lines = [
    ['predictions', '', usage.predictions, 'predictions', 0],
    ['storage', '', usage.storedByteDays, 'byteDays', 0],
    ...usage.searches.map((search) => [
      'search',
      search.searchId,
      search.gpuSeconds,
      'gpuSeconds',
      search.costMicroUsd / 1e6,
    ]),
  ].map((line) => [usage.month, ...line]);
  return [header, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}
