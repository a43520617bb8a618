/** @file What machines cost by the hour, each with source and date. An operator's own price takes the place of these. */
import type { Price } from '../contract/api/orders.ts';
import { FastpathError } from '../errors.ts';

/** The machine that `fastpath serve` runs on. */
export const localInstanceType = 'local';

export const prices: readonly Price[] = [
  {
    instanceType: localInstanceType,
    pricePerHourUsd: 0,
    source: 'your own machine: its power and wear are not counted',
    date: '2026-11-24',
  },
  {
    instanceType: 'g5.xlarge',
    pricePerHourUsd: 1.006,
    source: 'AWS on demand, Linux, us-east-1, as published at factualminds.com; spot costs less',
    date: '2026-06-17',
  },
];

/**
 * @param ownPricePerHourUsd what the operator says instead of the table
 * @throws FastpathError `price.unknown`
 */
export function priceOf(instanceType: string, ownPricePerHourUsd: number | null, today: Date): Price {
  if (ownPricePerHourUsd !== null) {
    const date = today.toISOString().slice(0, 10);
    return { instanceType, pricePerHourUsd: ownPricePerHourUsd, source: 'set by the operator', date };
  }
  const price = prices.find((listed) => listed.instanceType === instanceType);
  if (price !== undefined) return price;
  throw new FastpathError('price.unknown', `no price is known for ${instanceType}: set one when the service starts`);
}
