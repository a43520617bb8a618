/**
 * @file How much a job may still compute. The limit counts all attempts; each writes down every few seconds how long it
 * has run, so that one that was killed is known to have taken little more than it wrote. Training ends early enough for
 * results to be there at the limit; where that took longer than foreseen scoring is cut short, and a minute past the
 * limit nothing runs any more.
 */
import { z } from 'zod';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { secondsKey } from '../../shared/store/search-keys.ts';

const writeEveryMs = 10_000;
/** What an attempt may have run unseen: until its process began, and behind its last note. */
const unseenSeconds = 15;
/** For writing results and leaving. */
const finishSeconds = 5;
/** Past the limit: when scoring makes do with what it has seen, and when the process ends whatever it is doing. */
const overdueSeconds = 20;
const lastSeconds = 50;

export interface ComputeLimit {
  /** Whether it is time to finish. @param secondsToFinish that finishing takes, as far as known */
  isReached(secondsToFinish: number): boolean;
  /** finishing has taken longer than foreseen: be content with what was seen */
  readonly isOverdue: boolean;
  /** computed so far, all attempts together */
  readonly usedSeconds: number;
}

export const noLimit: ComputeLimit = {
  isReached: () => false,
  isOverdue: false,
  get usedSeconds() {
    return process.uptime();
  },
};

/**
 * A limit over this attempt and those before it; notes this one's time from now on.
 * @param limitSeconds of compute, all attempts together; null: the time is only counted
 * @param onLast called where the job still runs when its last second has come
 */
export async function computeLimit(
  store: ObjectStore,
  prefix: string,
  attempt: number,
  limitSeconds: number | null,
  onLast: () => void,
): Promise<ComputeLimit> {
  let notedSeconds = 0;
  for (let earlier = 1; earlier < attempt; earlier++) {
    const object = await store.get(secondsKey(prefix, earlier));
    const noted =
      object === null
        ? 0
        : z
            .number()
            .min(0)
            .parse(JSON.parse(Buffer.from(object.bytes).toString()));
    notedSeconds += noted;
  }
  const note = () => store.put(secondsKey(prefix, attempt), Buffer.from(JSON.stringify(process.uptime())));
  await note();
  // A note that fails is made up for by the next one.
  setInterval(() => void note().catch(() => {}), writeEveryMs).unref();
  const usedSeconds = () => notedSeconds + process.uptime();
  const limit = limitSeconds ?? Number.POSITIVE_INFINITY;
  const leftSeconds = () => limit - (attempt - 1) * unseenSeconds - usedSeconds();
  // Where attempts that were killed while they finished have left nothing, this one still says so.
  if (limitSeconds !== null) setTimeout(onLast, Math.max(finishSeconds, leftSeconds() + lastSeconds) * 1000).unref();
  return {
    isReached: (secondsToFinish) => leftSeconds() <= Math.min(secondsToFinish, limit / 4) + finishSeconds,
    get isOverdue() {
      return leftSeconds() <= -overdueSeconds;
    },
    get usedSeconds() {
      return usedSeconds();
    },
  };
}
