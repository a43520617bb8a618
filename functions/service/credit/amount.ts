/** @file Amounts of credit: whole micro-dollars. */
import { FastpathError } from '../../../shared/errors.ts';

/** A billion dollars: sums of such amounts stay exact in a double. */
const largestMicroUsd = 1e15;

/** @throws FastpathError `credit.amount` */
export function checkAmount(amountMicroUsd: number): void {
  if (Number.isInteger(amountMicroUsd) && amountMicroUsd > 0 && amountMicroUsd <= largestMicroUsd) return;
  throw new FastpathError('credit.amount', 'an amount is over 0 and at most a billion USD, in steps of 0.000001');
}

/** `12.34 USD`, rounded to the cent; below one cent as it is. */
export function formatUsd(microUsd: number): string {
  const usd = microUsd / 1e6;
  return `${Math.abs(usd) < 0.01 && usd !== 0 ? usd.toFixed(6) : usd.toFixed(2)} USD`;
}

/** What a machine costs for a while, to the nearest micro-dollar. */
export function machineCostMicroUsd(seconds: number, pricePerHourMicroUsd: number): number {
  return Math.round((seconds * pricePerHourMicroUsd) / 3600);
}
