/** @file Who executes an attempt: what lies at `attempts/{n}/claim`. */
import { z } from 'zod';

export const claimSchema = z.strictObject({
  format: z.literal('fastpath.claim/1'),
  /** id of the queue's job; null: nobody may execute it, or a person started it by hand */
  job: z.string().nullable(),
  at: z.iso.datetime(),
});

export type Claim = z.infer<typeof claimSchema>;

/** The claim that these bytes are; null where there are none or they are no claim. */
export function claimOf(bytes: Uint8Array | null): Claim | null {
  if (bytes === null) return null;
  try {
    return claimSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return null;
  }
}
