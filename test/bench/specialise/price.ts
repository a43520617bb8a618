/** @file What compute costs on machines that are let by the hour, were they as fast as this one: none was measured. */

interface HourlyPrice {
  instanceType: string;
  vcpus: number;
  pricePerHourUsd: number;
  source: string;
}

/** On demand, Linux, us-east-1. Other than `shared/pricing`, which is charged by, these serve comparison alone. */
export const hourlyPrices: readonly HourlyPrice[] = [
  { instanceType: 'm7g.large', vcpus: 2, pricePerHourUsd: 0.0816, source: 'factualminds.com, 2026-06-17' },
  { instanceType: 't3.large', vcpus: 2, pricePerHourUsd: 0.0832, source: 'go-cloud.io, 2026' },
  { instanceType: 'g5.xlarge', vcpus: 4, pricePerHourUsd: 1.006, source: 'factualminds.com, 2026-06-17' },
];

/** @param coreSeconds of processes with one thread, one on each virtual processor */
export function priceUsd({ vcpus, pricePerHourUsd }: HourlyPrice, coreSeconds: number): number {
  return ((coreSeconds / vcpus) * pricePerHourUsd) / 3600;
}
