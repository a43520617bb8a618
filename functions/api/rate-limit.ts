/**
 * @file Token buckets, one a key. They are kept in this process's memory: several instances each allow the whole rate,
 * so that the limit protects an instance and is no quota.
 */
import type { Clock } from '../../shared/clock.ts';
import { ProblemError } from '../predict/problem.ts';

export interface Rate {
  /** tokens that flow in */
  perSecond: number;
  /** tokens that a bucket holds, which is how many requests may come at once */
  burst: number;
}

interface Bucket {
  tokens: number;
  /** when `tokens` was true, in milliseconds since 1970 */
  atMs: number;
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
    const { perSecond, burst } = this.rate;
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
      'ratelimit-policy': `${burst};w=${Math.ceil(burst / perSecond)};comment="per key and instance"`,
    };
    if (left) return headers;
    const waitSeconds = Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    throw new ProblemError(
      'request.rate',
      `this key asks more than ${perSecond} times a second: wait ${waitSeconds} s and go on more slowly`,
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
