/**
 * @file Token buckets, one a key or whoever else asks. They are kept in this process's memory: several instances each allow the whole rate,
 * so that the limit protects an instance and is no quota.
 */
import type { Clock } from '../../shared/clock.ts';
import { ProblemError } from '../predict/problem.ts';

export interface Rate {
  /** tokens that flow in */
  perSecond: number;
  /** tokens that a bucket holds, which is how many requests may come at once */
  burst: number;
  /** who has a bucket, for messages; absent: each key */
  who?: string;
}

interface Bucket {
  tokens: number;
  /** when `tokens` was true, in milliseconds since 1970 */
  atMs: number;
}

/** Limits of swapping codes: people do it, once for each device. */
export function swapLimiters(clock: Clock): { address: RateLimiter; all: RateLimiter } {
  return {
    address: new RateLimiter({ perSecond: 0.5, burst: 10, who: 'address' }, clock),
    all: new RateLimiter({ perSecond: 20, burst: 200, who: 'service' }, clock),
  };
}

/** Buckets beyond this many are cleared of those that are full again. */
const sweepAt = 10_000;

export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly rate: Rate,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes a token from the key's bucket.
   * @returns the `RateLimit-…` headers of the answer
   * @throws ProblemError `request.rate` where none is left, with Retry-After
   */
  take(keyId: string): Record<string, string> {
    const { perSecond, burst, who = 'key' } = this.rate;
    const now = this.clock.now().getTime();
    const bucket = this.buckets.get(keyId) ?? this.fresh(keyId, now);
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.atMs) / 1e3) * perSecond);
    bucket.atMs = now;
    const left = bucket.tokens >= 1;
    if (left) bucket.tokens -= 1;
    const headers = {
      'ratelimit-limit': String(burst),
      'ratelimit-remaining': String(Math.floor(bucket.tokens)),
      'ratelimit-reset': String(Math.ceil((burst - bucket.tokens) / perSecond)),
      'ratelimit-policy': `${burst};w=${Math.ceil(burst / perSecond)};comment="per ${who} and instance"`,
    };
    if (left) return headers;
    const waitSeconds = Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    throw new ProblemError(
      'request.rate',
      `this ${who} asks more than ${perSecond} times a second: wait ${waitSeconds} s and go on more slowly`,
      {},
      { ...headers, 'retry-after': String(waitSeconds) },
    );
  }

  private fresh(keyId: string, now: number): Bucket {
    if (this.buckets.size >= sweepAt) this.sweep(now);
    const bucket = { tokens: this.rate.burst, atMs: now };
    this.buckets.set(keyId, bucket);
    return bucket;
  }

  private sweep(now: number): void {
    const { perSecond, burst } = this.rate;
    for (const [keyId, { tokens, atMs }] of this.buckets) {
      if (tokens + ((now - atMs) / 1e3) * perSecond >= burst) this.buckets.delete(keyId);
    }
  }
}
