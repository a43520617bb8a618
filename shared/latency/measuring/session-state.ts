/** @file A session's state as bytes, to go on from after a stop. */
import { z } from 'zod';

const stateSchema = z.strictObject({
  format: z.literal('fastpath.measuring/1'),
  /** names the schedule and what it is run with */
  key: z.string(),
  /** microseconds, in the order of the schedule */
  samplesUs: z.array(z.number().nonnegative()),
});

export function encodeState(key: string, samplesUs: readonly number[]): Uint8Array {
  const state: z.infer<typeof stateSchema> = { format: 'fastpath.measuring/1', key, samplesUs: [...samplesUs] };
  return new TextEncoder().encode(JSON.stringify(state));
}

/**
 * The timings of an earlier run of the same schedule, or null where the bytes are cut short, of another schedule, or
 * more than `visits`: then a measurement starts anew.
 */
export function decodeState(bytes: Uint8Array, key: string, visits: number): number[] | null {
  try {
    const state = stateSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    return state.key === key && state.samplesUs.length <= visits ? state.samplesUs : null;
  } catch {
    return null;
  }
}
