/**
 * @file How much a job may still compute. The limit counts all attempts; each writes down every few seconds how long it
 * has run, so that one that was killed is known to have taken little more than it wrote.
 */
import { z } from 'zod';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { secondsKey } from '../../shared/store/search-keys.ts';

const writeEveryMs = 10_000;
/** What an attempt may have run unseen: until its process began, and behind its last note. */
const unseenSeconds = 15;
/** For writing results and leaving. */
const finishSeconds = 5;

export interface ComputeLimit {
  /** Whether it is time to finish. @param secondsToFinish that finishing takes, as far as known */
  isReached(secondsToFinish: number): boolean;
}

export const noLimit: ComputeLimit = { isReached: () => false };

/**
 * A limit over this attempt and those before it; notes this one's time from now on.
 * @param limitSeconds of compute, all attempts together
 */
export async function computeLimit(
  store: ObjectStore,
  prefix: string,
  attempt: number,
  limitSeconds: number,
): Promise<ComputeLimit> {
  let earlierSeconds = 0;
  for (let earlier = 1; earlier < attempt; earlier++) {
    const object = await store.get(secondsKey(prefix, earlier));
    const noted =
      object === null
        ? 0
        : z
            .number()
            .min(0)
            .parse(JSON.parse(Buffer.from(object.bytes).toString()));
    earlierSeconds += noted + unseenSeconds;
  }
  const note = () => store.put(secondsKey(prefix, attempt), Buffer.from(JSON.stringify(process.uptime())));
  await note();
  // A note that fails is made up for by the next one.
  setInterval(() => void note().catch(() => {}), writeEveryMs).unref();
  return {
    isReached: (secondsToFinish) =>
      earlierSeconds + process.uptime() + Math.min(secondsToFinish, limitSeconds / 4) + finishSeconds >= limitSeconds,
  };
}
