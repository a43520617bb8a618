/** @file Attempts of a search by the queue's clock: what is shown, metered and charged. */
import { isNull } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { attempts } from '../../../shared/db/schema/index.ts';
import type { JobDescription } from '../../../shared/queue/job-queue.ts';
import { machineCostMicroUsd } from '../credit/amount.ts';
import { chargeAttempt } from '../credit/charge.ts';
import { recordAttempt } from '../usage/record.ts';
import type { Machine, SearchRow } from './deps.ts';

/**
 * Writes down the attempts of the job that executes the search; one that has stopped is metered and charged, once
 * however often it is told. An attempt that was told to be over is not opened again by older news.
 */
export async function recordAttempts(
  { tx, clock, machine }: { tx: Transaction; clock: Clock; machine: Machine },
  search: SearchRow,
  job: JobDescription,
): Promise<void> {
  const { tenantId, id: searchId, orderId } = search;
  for (const [i, { startedAt, stoppedAt, exitCode, reason }] of job.attempts.entries()) {
    if (startedAt === null) continue;
    const n = i + 1;
    const gpuSeconds = stoppedAt === null ? null : Math.max(0, (stoppedAt.getTime() - startedAt.getTime()) / 1000);
    const times = {
      jobId: job.id,
      startedAt,
      stoppedAt: stoppedAt !== null && stoppedAt < startedAt ? startedAt : stoppedAt,
      exitCode,
      exitReason: reason?.slice(0, 500) ?? null,
      gpuSeconds,
      instanceType: machine.instanceType,
      pricePerHourMicroUsd: machine.pricePerHourMicroUsd,
    };
    const written = await tx
      .insert(attempts)
      .values({ tenantId, searchId, n, ...times })
      .onConflictDoUpdate({
        target: [attempts.searchId, attempts.n],
        set: times,
        setWhere: isNull(attempts.stoppedAt),
      })
      .returning({ n: attempts.n });
    if (gpuSeconds === null || stoppedAt === null || written.length === 0) continue;
    const amountMicroUsd = machineCostMicroUsd(gpuSeconds, machine.pricePerHourMicroUsd);
    const costMicroUsd = await chargeAttempt({ tx, clock }, tenantId, {
      orderId,
      searchId,
      attempt: n,
      amountMicroUsd,
    });
    await recordAttempt(tx, tenantId, { searchId, attempt: n, gpuSeconds, costMicroUsd, stoppedAt });
  }
}
