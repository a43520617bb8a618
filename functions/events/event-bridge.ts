/**
 * @file What AWS brings to a Lambda function: changes of jobs and the schedule's tick from EventBridge, and metered
 * predictions from the log. An event that cannot be applied throws: Lambda then brings it again.
 */
import { z } from 'zod';
import { jobEventOf } from '../../shared/queue/batch-events.ts';
import { hasEnded } from '../../shared/queue/job-queue.ts';
import { applyJob } from '../service/searches/apply-job.ts';
import { reconcile } from '../service/searches/reconcile.ts';
import { keepUp, type UpkeepDeps } from '../service/upkeep/keep-up.ts';
import { recordPredictions } from '../service/usage/record.ts';
import { type DeliverDependencies, deliverAll } from '../service/webhooks/deliver-due.ts';
import { isBusy } from './busy.ts';
import { logDeliverySchema, loggedPredictions } from './logged-predictions.ts';

export interface EventDeps extends UpkeepDeps, DeliverDependencies {
  /** the one whose tick comes here */
  schedule: { pauseUnless(busy: () => Promise<boolean>): Promise<void> };
  /** told of what went wrong with single searches; the next tick tries again */
  onFailure(error: unknown): void;
}

const eventSchema = z.union([
  z.object({ 'detail-type': z.literal('Batch Job State Change') }).transform(() => 'job' as const),
  z.object({ 'detail-type': z.literal('Scheduled Event') }).transform(() => 'tick' as const),
  logDeliverySchema,
]);

/** A Lambda handler. @throws where the event is none that is known, or could not be applied */
export function eventHandler(deps: EventDeps): (event: unknown) => Promise<void> {
  return async (event) => {
    const kind = eventSchema.parse(event);
    if (kind === 'job') await changeOfJob(deps, event);
    else if (kind === 'tick') await tick(deps);
    else await recordPredictions(deps.db, loggedPredictions(kind));
  };
}

async function changeOfJob(deps: EventDeps, event: unknown): Promise<void> {
  const { job } = jobEventOf(event);
  await applyJob(deps, job);
  if (hasEnded(job.status)) await deliverAll(deps);
}

async function tick(deps: EventDeps): Promise<void> {
  const { failures } = await reconcile(deps);
  for (const failure of failures) deps.onFailure(failure);
  await deliverAll(deps);
  for (const failure of await keepUp(deps)) deps.onFailure(failure);
  await deps.schedule.pauseUnless(() => isBusy(deps.db));
}
