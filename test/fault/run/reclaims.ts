/** @file Takes the machines of running searches away, at moments that are drawn for each. */
import type { Random } from '../../../shared/random.ts';
import type { BatchEvent } from '../../services/batch-server/server.ts';

interface Plan {
  left: number;
  /** how long an attempt is left in peace, at most */
  longestMs: number;
  random: Random;
}

/** The most that one search meets. */
export const mostReclaims = 4;
/** Of the time that a search needs: so that it is rarely over before its machine was taken as often as planned. */
const share = 0.8;

export class Reclaims {
  private readonly plans = new Map<string, Plan>();

  /** @param take takes the machine of a running job */
  constructor(private readonly take: (jobId: string) => Promise<void>) {}

  /** Call it before the search is submitted. @param needsMs how long the search takes undisturbed */
  plan(searchId: string, needsMs: number, random: Random): void {
    const left = 1 + random.below(mostReclaims);
    this.plans.set(searchId, { left, longestMs: (share * needsMs) / left, random });
  }

  onEvent({ detail }: BatchEvent): void {
    const plan = this.plans.get(detail.jobName);
    if (detail.status !== 'RUNNING' || plan === undefined || plan.left === 0) return;
    plan.left--;
    setTimeout(() => void this.take(detail.jobId), plan.random.uniform() * plan.longestMs);
  }
}
