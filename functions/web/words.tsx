/** @file Numbers, times and states as the pages write them. */
import type { Search } from '../../shared/contract/api/searches.ts';
import { milliseconds } from '../../shared/format.ts';

/** `2026-11-24 20:21 UTC`, with the exact instant for programs. */
export function Time({ at }: { at: string | null }) {
  if (at === null) return <>–</>;
  return <time datetime={at}>{`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`}</time>;
}

/** Cents where that is enough, more digits where it is less than a dollar. */
export function usd(amount: number): string {
  if (amount === 0) return '0 USD';
  return `${amount < 1 ? Number(amount.toPrecision(2)) : amount.toFixed(2)} USD`;
}

export function State({ state }: { state: string }) {
  return <span class={`state state-${state}`}>{state}</span>;
}

/** `my-phone ≤ 20.0 ms`, one for each device. */
export function targetWords({ hardware }: Search['constraints']): string[] {
  return hardware.map(({ id, budgetMs }) => `${id} ≤ ${milliseconds(budgetMs)}`);
}
