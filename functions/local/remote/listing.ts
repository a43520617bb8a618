/** @file How what the API lists is shown. */

/** All of them. */
export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** `2026-11-24 20:21` of an ISO time, UTC. */
export function day(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}`;
}

/** `0.34 USD`, to a cent where that says something, else to a millionth. */
export function usd(amount: number): string {
  const digits = amount === 0 || Math.abs(amount) >= 0.1 ? 2 : 6;
  return `${amount.toFixed(digits)} USD`;
}
